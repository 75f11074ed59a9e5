import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What the real host keeps per timer in a blob: ISO instants. `last` is absent before the first run. */
export interface TimerStatus {
  readonly last?: string;
  readonly lastUpdated: string;
  readonly next: string;
  /** Set while a retry is due that outlives the process: attempts made so far. */
  readonly attempts?: number;
}

export interface TimerState {
  read(functionName: string): TimerStatus | undefined;
  write(functionName: string, status: TimerStatus): void;
}

/** @param file where the statuses outlive the process; in memory without it. */
export function timerState(file: string | undefined): TimerState {
  const statuses = new Map<string, TimerStatus>(file === undefined ? [] : Object.entries(readStatuses(file)));
  return {
    read: (functionName) => statuses.get(functionName),
    write(functionName, status) {
      statuses.set(functionName, status);
      if (file !== undefined) replaceFile(file, JSON.stringify({ timers: Object.fromEntries(statuses) }, undefined, 2));
    },
  };
}

function readStatuses(file: string): Record<string, TimerStatus> {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { timers: Record<string, TimerStatus> }).timers;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
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
