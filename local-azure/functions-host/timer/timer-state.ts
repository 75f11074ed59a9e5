import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { sleepUntil } from './sleep-until.ts';

/** What the real host keeps per timer in a blob: ISO instants. What is absent never was. */
export interface TimerStatus {
  readonly last?: string;
  readonly lastUpdated?: string;
  readonly next: string;
}

interface Stored {
  readonly timers: Readonly<Record<string, TimerStatus>>;
  /** ISO instant until which a host holds the lease of the timers' listeners. */
  readonly leasedUntil?: string;
}

/** What outlives a host process, in a file: its timers' statuses and the lease on their listeners. */
export interface TimerState {
  read(functionName: string): TimerStatus | undefined;
  write(functionName: string, status: TimerStatus): void;
  /** Epoch milliseconds; 0 when nobody holds the lease. */
  leasedUntil(): number;
  lease(until: number): void;
}

export function timerState(file: string): TimerState {
  let stored = readStored(file);
  // Once: a folder that is removed while its host ends stays removed.
  mkdirSync(dirname(file), { recursive: true });
  const store = (change: Partial<Stored>): void => {
    stored = { ...stored, ...change };
    replaceFile(file, JSON.stringify(stored, undefined, 2));
  };
  return {
    read: (functionName) => stored.timers[functionName],
    write: (functionName, status) => store({ timers: { ...stored.timers, [functionName]: status } }),
    leasedUntil: () => (stored.leasedUntil === undefined ? 0 : Date.parse(stored.leasedUntil)),
    lease: (until) => store({ leasedUntil: new Date(until).toISOString() }),
  };
}

function readStored(file: string): Stored {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { timers: {} };
    throw new Error(`Cannot read the host's state from ${file}: remove the file to start afresh.`, { cause: error });
  }
}

/** A kill leaves the old file or the new one. */
function replaceFile(file: string, text: string): void {
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, text);
  renameSync(partial, file);
}

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
