import { tmpdir } from 'node:os';
import { PassThrough, Writable } from 'node:stream';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import type { LocalAzure } from '../../local-azure/local-azure.ts';
import type { OperatorServices } from '../../src/app/operator-services.ts';
import type { Settings } from '../../src/app/settings.ts';
import { type Clock, systemClock } from '../../src/azure/http/clock.ts';
import type { Io } from '../../src/cli/terminal/io.ts';
import { as } from './as-identity.ts';
import './command-end.ts';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What `--json` printed. */
  json<T = Record<string, unknown>>(): T;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where the command is started; by default a folder in which nothing is found. */
  readonly folder?: string;
  /** What a person types; makes standard input a terminal. */
  readonly answers?: string;
  /** What a pipe brings on standard input. */
  readonly input?: string;
  readonly isTTY?: boolean;
  /** What the program was started with; its own name when absent. */
  readonly program?: string;
  readonly columns?: number;
  readonly signal?: AbortSignal;
  /** Ctrl-C as soon as this was printed on standard error. */
  readonly interruptAt?: string;
  /** How far the person's clock is ahead of the services'. */
  readonly hoursLater?: number;
  /** How much faster waits pass than they are said to; ten times when absent. */
  readonly speed?: number;
  /** Somebody else than the operator. */
  readonly identity?: LocalIdentity;
}

/** One command line, run in this process as it is by `keyvault-escrow …`, as the operator. */
export async function runCommand(
  azure: Pick<LocalAzure, 'identities'>,
  line: string | readonly string[],
  options: CliOptions = {},
): Promise<CliRun> {
  // Only now: connections look at the environment when they are first loaded.
  const { runCli } = await import('../../src/cli/run-cli.ts');
  const { createOperatorServices } = await import('../../src/app/operator-services.ts');
  const identity = options.identity ?? azure.identities.operator;
  const compose = (settings: Settings): OperatorServices =>
    as(identity, () => createOperatorServices(settings, impatientClock(options)));
  const { io, ended } = collectIo(options);
  const args = typeof line === 'string' ? splitLine(line) : line;
  return ended(await runCli(args, io, compose));
}

/** `runCommand` with what a test file says once; `ending` goes behind every line. */
export const commandLine =
  (azure: Pick<LocalAzure, 'identities'>, usual: CliOptions, ending = '') =>
  (line: string, options: CliOptions = {}): Promise<CliRun> =>
    runCommand(azure, `${line}${ending}`, { ...usual, ...options });

/** A terminal that keeps what is printed. */
export function collectIo(options: CliOptions): { readonly io: Io; ended(code: number): CliRun } {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const { isTTY = false, columns = 80, answers, interruptAt } = options;
  const interrupt = new AbortController();
  const heed = (): void => {
    if (interruptAt !== undefined && stderr.join('').includes(interruptAt)) interrupt.abort();
  };
  const stdin = new PassThrough();
  stdin.end(options.input ?? answers ?? '');
  const io: Io = {
    stdout: collector(stdout),
    stderr: collector(stderr, heed),
    stdin,
    isTTY: { stdin: answers !== undefined, stdout: isTTY, stderr: isTTY },
    columns,
    env: options.env ?? process.env,
    folder: options.folder ?? tmpdir(),
    program: options.program ?? 'keyvault-escrow',
    signal: AbortSignal.any([interrupt.signal, ...(options.signal ? [options.signal] : [])]),
    holdOpen: () => ({ standing: () => undefined, [Symbol.dispose]: () => undefined }),
  };
  return {
    io,
    ended: (code) => ({
      code,
      stdout: stdout.join(''),
      stderr: stderr.join(''),
      json: () => JSON.parse(stdout.join('')),
    }),
  };
}

/** The real time, but nobody waits for long: retries and looks come earlier than they would. */
const impatientClock = ({ hoursLater = 0, speed = 10 }: CliOptions): Clock => ({
  ...systemClock,
  now: () => systemClock.now() + hoursLater * 3_600_000,
  sleep: (ms, until) => systemClock.sleep(ms / speed, until),
});

/** Words of a command line; double quotes hold words together. */
export function splitLine(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

function collector(into: string[], added?: () => void): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      into.push(String(chunk));
      added?.();
      done();
    },
  });
}
