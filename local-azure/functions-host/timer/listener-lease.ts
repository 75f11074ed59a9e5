import { sleepUntil } from './sleep-until.ts';
import type { TimerState } from './timer-state.ts';

/**
 * Takes the lease without which no timer listens, once whoever held it has let it go or has been dead for long enough, and
 * renews it (SingletonManager of azure-webjobs-sdk: a lease of 60 seconds).
 * @returns whether it was taken before `stopping`. It is given back on `stopping`; a host that is killed gives nothing back.
 */
export async function takeListenerLease(state: TimerState, leaseMs: number, stopping: AbortSignal): Promise<boolean> {
  if (!(await sleepUntil(state.leasedUntil(), stopping))) return false;
  const renew = (): void => state.lease(Date.now() + leaseMs);
  renew();
  const timer = setInterval(renew, leaseMs / 3);
  const giveBack = (): void => {
    clearInterval(timer);
    state.lease(0);
  };
  stopping.addEventListener('abort', giveBack, { once: true });
  return true;
}
