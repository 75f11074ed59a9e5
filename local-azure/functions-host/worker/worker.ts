import { setTimeout as delay } from 'node:timers/promises';
import type { Emit } from '../host-events.ts';
import type { FunctionMetadata, InvocationRequest, InvocationResponse } from './core-contract.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** Where functions run: one process at a time. One that dies is replaced; what ran on it has failed. */
export interface Worker {
  readonly functions: readonly FunctionMetadata[];
  /** Resolves when the application is loaded; waits while the process is being replaced. @throws when it ended first. */
  ready(): Promise<unknown>;
  /** @throws the function's own failure, or that the process ended. */
  invoke(functionName: string, invocationId: string, request: InvocationRequest): Promise<InvocationResponse>;
  /** Replaces the process on which the invocation runs. All else that runs there fails with it. */
  replace(invocationId: string): void;
  stop(): Promise<void>;
  /** Ends it at once. What runs there never comes to an end for anybody. */
  abandon(): Promise<void>;
}

const maxCrashes = 3;
const crashWindowMs = 30 * 60_000;

/**
 * Starts the worker and waits until the application is loaded, or known not to load.
 * @param options.onExhausted called at the third crash, each within half an hour of the one before: the real host then shuts
 * down to be started afresh (RpcFunctionInvocationDispatcher of azure-functions-host).
 */
export async function startWorker(options: {
  readonly bundle: string;
  /** How long the host waits before it starts another. */
  readonly restartMs: number;
  readonly onExhausted: () => void;
  readonly emit: Emit;
}): Promise<Worker> {
  const { emit, restartMs, onExhausted } = options;
  let isStopping = false;
  let crashes = 0;
  let lastCrashAt = 0;
  let running: WorkerProcess | undefined;
  let current = start(0);

  async function start(afterMs: number): Promise<WorkerProcess> {
    await delay(afterMs);
    if (isStopping) return await nobody;
    const started = startWorkerProcess(options.bundle, emit);
    running = started;
    void started.ended.then((reason) => onEnd(started, reason));
    return started;
  }

  function onEnd(ended: WorkerProcess, reason: string): void {
    if (isStopping || ended !== running) return;
    running = undefined;
    const message = `Language Worker Process exited. ${reason}.`;
    emit({ event: 'log', level: 'error', category: 'host', message });
    crashes = Date.now() - lastCrashAt > crashWindowMs ? 1 : crashes + 1;
    lastCrashAt = Date.now();
    current = crashes < maxCrashes ? start(restartMs) : nobody;
    if (current === nobody) onExhausted();
  }

  /** One that dies while it loads is followed by another, or the host ends. */
  async function firstFunctions(): Promise<readonly FunctionMetadata[]> {
    for (;;) {
      const first = await current;
      try {
        return await first.functions;
      } catch {
        await first.ended;
      }
    }
  }

  return {
    functions: await firstFunctions(),
    ready: async () => (await current).functions,
    invoke: async (...invocation) => (await current).invoke(...invocation),
    replace(invocationId) {
      if (!running?.isRunning(invocationId)) return;
      running.kill();
      // From here on nothing is sent to the one that is about to end.
      current = running.ended.then(() => start(restartMs));
      running = undefined;
    },
    async stop() {
      isStopping = true;
      await running?.terminate();
    },
    async abandon() {
      isStopping = true;
      await running?.abandon();
    },
  };
}

const nobody = new Promise<never>(() => undefined);
