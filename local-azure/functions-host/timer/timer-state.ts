import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

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

/** What outlives a host process: its timers' statuses and the lease on their listeners. */
export interface TimerState {
  read(functionName: string): TimerStatus | undefined;
  write(functionName: string, status: TimerStatus): void;
  /** Epoch milliseconds; 0 when nobody holds the lease. */
  leasedUntil(): number;
  lease(until: number): void;
}

/** @param file where it is kept; in memory without it. */
export function timerState(file: string | undefined): TimerState {
  let stored: Stored = file === undefined ? { timers: {} } : readStored(file);
  const store = (change: Partial<Stored>): void => {
    stored = { ...stored, ...change };
    if (file !== undefined) replaceFile(file, JSON.stringify(stored, undefined, 2));
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
  mkdirSync(dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, text);
  renameSync(partial, file);
}
