import { relative } from 'node:path';
import { type Interruption, listenForInterruption } from './interruption.ts';

/** What the process ends with; documented in docs/command-line.md, so that scripts can rely on it. */
export const exitCodes = { done: 0, failed: 1, usage: 2, findings: 3 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** All that a command shares with the world outside of Azure, as an argument: a test runs a command in its own process. */
export interface Io extends Interruption {
  /** Data. */
  readonly stdout: NodeJS.WritableStream;
  /** Messages: progress, questions, reasons. */
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream;
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** How wide the terminal is. Text that does not go to a terminal is not wrapped. */
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where it was started: files that are found by themselves are looked for here. */
  readonly folder: string;
  /** What this program was started with, so that a line which it prints can be pasted: `npm run escrow --`. */
  readonly program: string;
}

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
    get columns() {
      // Some terminals do not know their width and say 0.
      return process.stdout.columns || process.stderr.columns || 80;
    },
    env: process.env,
    folder: process.cwd(),
    program: programName(process.env, process.argv[1] ?? ''),
  };
}

/** @param script the path that Node was started with. */
export function programName(env: Io['env'], script: string): string {
  const { npm_package_name: project, npm_lifecycle_event: event = '' } = env;
  if (project === 'keyvault-escrow' && ['escrow', 'local'].includes(event)) return `npm run ${event} --`;
  return script.endsWith('.ts') ? `node ${relative('.', script)}` : 'keyvault-escrow';
}
