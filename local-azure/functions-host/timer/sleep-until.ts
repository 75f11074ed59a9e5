import { setTimeout as delay } from 'node:timers/promises';

const maxTimerMs = 2 ** 31 - 1;

/** Sleeps until the instant (epoch milliseconds), however far. @returns false when it was stopped before. */
export async function sleepUntil(at: number, signal: AbortSignal): Promise<boolean> {
  for (let left = at - Date.now(); left > 0; left = at - Date.now()) {
    try {
      await delay(Math.min(left, maxTimerMs), undefined, { signal });
    } catch {
      return false;
    }
  }
  return !signal.aborted;
}
