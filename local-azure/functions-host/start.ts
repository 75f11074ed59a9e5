import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { machineEnvironment } from '../machine-environment.ts';
import type { FunctionMetadata } from './core-contract.ts';
import { createEventRecord, type WaitFor } from './event-record.ts';
import type { HostJson, HostOverrides } from './host-configuration.ts';
import type { HostEvent } from './host-events.ts';
import { type HostCommand, type HostMessage, type HostProcessOptions, timeoutExitCode } from './host-process.ts';

export interface FunctionsHostOptions {
  /** Absolute path of the built CommonJS application. */
  readonly bundle: string;
  /** All app settings; the host process gets no other environment than these and what a process needs to run. */
  readonly settings: Readonly<Record<string, string>>;
  /** The parsed host.json, or its path. */
  readonly hostJson: HostJson | string;
  readonly overrides?: HostOverrides;
  /** Where timer statuses outlive the process. */
  readonly stateFile?: string;
  /** Called with every event, first to last. */
  readonly onEvent?: (event: HostEvent) => void;
}

/** How a fired timer ended; `error` is the failure of its last attempt. */
export interface FiredTimer {
  readonly invocationId?: string;
  readonly error?: string;
}

export interface FunctionsHost extends AsyncDisposable {
  /** Changes when the host is started again after a function outlived functionTimeout. */
  readonly pid: number;
  /** What the application registered, bindings and all, before settings are resolved. */
  readonly registrations: readonly FunctionMetadata[];
  /** Functions that could not start, with the host's reasons. */
  readonly functionErrors: Readonly<Record<string, string>>;
  readonly events: readonly HostEvent[];
  /**
   * The first event, past or to come, that passes.
   * @throws when the host ends first, or after `timeoutMs` (a minute), with the last events.
   */
  readonly waitFor: WaitFor;
  /**
   * Fires a timer and waits for its end.
   * @param due.at as if the schedule were due at that occurrence: with retries, and past due after a kill. Without it
   * the timer is invoked by hand, as through the host's admin interface.
   */
  fireTimer(functionName: string, due?: { at: Date }): Promise<FiredTimer>;
  /** Ends the host without any warning, SIGKILL by default. Resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Lets what runs end within the grace period, then ends the host. */
  stop(): Promise<void>;
}

/** Runs the local functions host in a process of its own. @throws when the application does not load, with its reason. */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const { hostJson: given } = options;
  const hostJson = typeof given === 'string' ? (JSON.parse(await readFile(given, 'utf8')) as HostJson) : given;
  const record = createEventRecord();
  const fires = createPendingFires();
  let child: ChildProcess;
  let ended: Promise<void>;
  let isEnding = false;

  const note = (event: HostEvent): void => {
    record.add(event);
    options.onEvent?.(event);
  };
  const launch = (): void => {
    child = forkHost(hostJson, options);
    child.on('message', (message: HostMessage) => {
      if (message.event === 'fired' || message.event === 'notFired') fires.settle(message);
      else note(message);
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      const lines = createInterface({ input: child[stream] as Readable });
      lines.on('line', (text) => note({ event: 'output', at: Date.now(), stream, text }));
    }
    ended = new Promise((resolve) => {
      // `close` follows `exit` once everything it wrote has been read.
      child.once('close', (code) => {
        fires.failAll('The functions host ended before the timer did.');
        if (code === timeoutExitCode && !isEnding) launch();
        else record.end();
        resolve();
      });
    });
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    isEnding = true;
    child.kill(signal);
    await ended;
  };
  const stop = async (): Promise<void> => {
    isEnding = true;
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), (options.overrides?.shutdownGraceMs ?? 5_000) + 2_000);
    await ended;
    clearTimeout(insist);
  };

  launch();
  const started = await record
    .waitFor(({ event }) => event === 'ready' || event === 'failedToStart')
    .catch(async (error) => {
      await kill();
      throw error;
    });
  if (started.event !== 'ready') {
    await stop();
    const reason = started.event === 'failedToStart' ? started.message : '';
    throw new Error(`The functions host did not start: ${reason}`);
  }
  return {
    get pid() {
      return child.pid ?? 0;
    },
    registrations: started.registrations,
    functionErrors: started.functionErrors,
    events: record.events,
    waitFor: record.waitFor,
    fireTimer(functionName, due) {
      const dueAt = due === undefined ? {} : { dueAt: due.at.toISOString() };
      return fires.add((id) => child.send({ command: 'fireTimer', id, functionName, ...dueAt } satisfies HostCommand));
    },
    kill,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function createPendingFires() {
  const waiting = new Map<number, { resolve: (fired: FiredTimer) => void; reject: (error: Error) => void }>();
  let nextId = 0;
  return {
    add(send: (id: number) => void): Promise<FiredTimer> {
      const id = nextId;
      nextId += 1;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        send(id);
      });
    },
    settle(message: Extract<HostMessage, { id: number }>): void {
      const { id, event, ...fired } = message;
      if (event === 'fired') waiting.get(id)?.resolve(fired);
      else waiting.get(id)?.reject(new Error(message.error));
      waiting.delete(id);
    },
    failAll(reason: string): void {
      for (const { reject } of waiting.values()) reject(new Error(reason));
      waiting.clear();
    },
  };
}

function forkHost(hostJson: HostJson, options: FunctionsHostOptions): ChildProcess {
  const told: HostProcessOptions = {
    bundle: options.bundle,
    hostJson,
    ...(options.overrides === undefined ? {} : { overrides: options.overrides }),
    ...(options.stateFile === undefined ? {} : { stateFile: options.stateFile }),
  };
  return fork(fileURLToPath(new URL('main.ts', import.meta.url)), [JSON.stringify(told)], {
    env: { ...machineEnvironment(), FUNCTIONS_WORKER_RUNTIME: 'node', ...options.settings },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}
