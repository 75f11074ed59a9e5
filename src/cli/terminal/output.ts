import { once } from 'node:events';
import type { Io } from './io.ts';

/** Data for the next program or the reader. Waits for a slow reader, so that a long listing is never held in memory. */
export async function print(io: Io, text: string): Promise<void> {
  if (!io.stdout.write(`${text}\n`)) await once(io.stdout, 'drain');
}

/** The one object of `--json`. */
export function printJson(io: Io, value: unknown): Promise<void> {
  return print(io, JSON.stringify(value, null, 2));
}

/** Talk beside the data. */
export function say(io: Io, text: string): void {
  io.stderr.write(`${text}\n`);
}
