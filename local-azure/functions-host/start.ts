import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { machineEnvironment } from '../machine-environment.ts';
import { createEventRecord, type WaitFor } from './event-record.ts';
import { type HostJson, hostTimes } from './host-configuration.ts';
import type { HostEvent } from './host-events.ts';
import { type FireTimerCommand, type HostMessage, type HostProcessOptions, restartExitCode } from './host-process.ts';
import { createPendingFires, type FiredTimer } from './pending-fires.ts';
import type { FunctionMetadata } from './worker/core-contract.ts';

export interface FunctionsHostOptions extends Pick<HostProcessOptions, 'bundle' | 'overrides'> {
  /** All app settings; the host process gets no other environment than these and what a process needs to run. */
  readonly settings: Readonly<Record<string, string>>;
  /** The parsed host.json, or its path. */
  readonly hostJson: HostJson | string;
  /** Where timer statuses outlive the host; without it, they outlive its processes only. */
  readonly stateFile?: string;
  /** Called with every event, first to last. */
  readonly onEvent?: (event: HostEvent) => void;
}

export interface FunctionsHost extends AsyncDisposable {
  /** Changes when the host gave up and was started again. */
  readonly pid: number;
  /** Changes when the worker crashed or was replaced because a function outlived functionTimeout. */
  readonly workerPid: number;
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
  /** Ends host and worker without any warning. Resolves when they are gone. */
  kill(): Promise<void>;
  /** Lets what runs end within the grace period, then ends the host. */
  stop(): Promise<void>;
}

/**
 * Runs the local functions host in processes of its own, and starts it again where it gives up, as its platform would.
 * @throws when it does not start. An application that does not load leaves a host without functions, as on Azure.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const { hostJson: given, overrides = {} } = options;
  const hostJson = typeof given === 'string' ? (JSON.parse(await readFile(given, 'utf8')) as HostJson) : given;
  const { hostRestartMs, shutdownGraceMs } = { ...hostTimes, ...overrides };
  const folder = await mkdtemp(join(tmpdir(), 'functions-host-'));
  const hostOptions: HostProcessOptions = {
    bundle: options.bundle,
    hostJson,
    overrides,
    stateFile: options.stateFile ?? join(folder, 'timers.json'),
    folder,
  };
  const record = createEventRecord();
  const fires = createPendingFires();
  let child: ChildProcess;
  let workerPid = 0;
  let ended: Promise<void>;
  const ending = new AbortController();

  const note = (event: HostEvent): void => {
    if (event.event === 'workerStarted') workerPid = event.pid;
    record.add(event);
    options.onEvent?.(event);
  };
  const launch = (): void => {
    child = forkHost(hostOptions, options.settings);
    child.on('message', (message: HostMessage) => {
      if (message.event === 'fired' || message.event === 'notFired') fires.settle(message);
      else note(message);
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      const lines = createInterface({ input: child[stream] as Readable });
      lines.on('line', (text) => note({ event: 'output', at: Date.now(), stream, text }));
    }
    // `close` follows `exit` once everything it wrote has been read.
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    ended = closed.then(async (code) => {
      fires.failAll('The functions host ended before the timer did.');
      if (code === restartExitCode && !ending.signal.aborted) {
        await delay(hostRestartMs, undefined, { signal: ending.signal }).catch(() => undefined);
        if (!ending.signal.aborted) return launch();
      }
      record.end();
      await rm(folder, { recursive: true, force: true });
    });
  };
  const end = async (how: () => void): Promise<void> => {
    ending.abort();
    how();
    await ended;
  };
  const kill = (): Promise<void> =>
    end(() => {
      // The worker first: it must not hear of its host's death and end in peace.
      if (child.exitCode === null && child.signalCode === null) killIfThere(workerPid);
      child.kill('SIGKILL');
    });
  const stop = async (): Promise<void> => {
    const insist = setTimeout(() => void kill(), shutdownGraceMs + 3_000);
    await end(() => void child.kill('SIGTERM'));
    clearTimeout(insist);
  };

  launch();
  const started = await record
    .waitFor((one) => one.event === 'ready' || one.event === 'failedToStart')
    .catch(async (error) => {
      await kill();
      throw error;
    });
  if (started.event !== 'ready') {
    await stop();
    throw new Error(`The functions host did not start: ${started.message}`);
  }
  return {
    get pid() {
      return child.pid ?? 0;
    },
    get workerPid() {
      return workerPid;
    },
    registrations: started.registrations,
    functionErrors: started.functionErrors,
    events: record.events,
    waitFor: record.waitFor,
    fireTimer(functionName, due) {
      const dueAt = due === undefined ? {} : { dueAt: due.at.toISOString() };
      return fires.add((id) => child.send({ id, functionName, ...dueAt } satisfies FireTimerCommand));
    },
    kill,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function killIfThere(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function forkHost(options: HostProcessOptions, settings: Readonly<Record<string, string>>): ChildProcess {
  return fork(fileURLToPath(new URL('main.ts', import.meta.url)), [JSON.stringify(options)], {
    env: { ...machineEnvironment(), FUNCTIONS_WORKER_RUNTIME: 'node', ...settings },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}
