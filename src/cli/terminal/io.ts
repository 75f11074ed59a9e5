import type { Interruption } from './interruption.ts';
import { listenForInterruption } from './interruption.ts';

/** All that a command shares with the world outside of Azure, as an argument: a test runs a command in its own process. */
export interface Io extends Interruption {
  /** Data. */
  readonly stdout: NodeJS.WritableStream;
  /** Talk: progress, questions, reasons. */
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream;
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The terminal. */
export function processIo(): Io {
  return {
    ...listenForInterruption(),
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    isTTY: {
      stdin: process.stdin.isTTY ?? false,
      stdout: process.stdout.isTTY ?? false,
      stderr: process.stderr.isTTY ?? false,
    },
    env: process.env,
  };
}
