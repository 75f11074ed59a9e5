import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Emit } from '../host-events.ts';
import type { FunctionMetadata, InvocationRequest, InvocationResponse } from './core-contract.ts';
import type { WorkerCommand, WorkerMessage } from './worker-protocol.ts';

/** One worker process, from its start to its end. */
export interface WorkerProcess {
  /** What the application registered; nothing where its entry point threw. @throws when the process ended first. */
  readonly functions: Promise<readonly FunctionMetadata[]>;
  /** Resolves with the reason once it is gone and everything that it said has been read. */
  readonly ended: Promise<string>;
  /** @throws FunctionFailure, or that the process ended. */
  invoke(functionName: string, invocationId: string, request: InvocationRequest): Promise<InvocationResponse>;
  isRunning(invocationId: string): boolean;
  kill(): void;
  /** Kills it without failing what runs on it. */
  abandon(): Promise<unknown>;
  /** Asks it to end, and kills it when that takes too long. */
  terminate(): Promise<void>;
}

/** A failure of the function itself: `stack` is the worker's, not the host's. */
class FunctionFailure extends Error {
  override readonly name = 'FunctionFailure';
  constructor(message: string, stack: string) {
    super(message);
    this.stack = stack;
  }
}

const terminationMs = 2_000;

export function startWorkerProcess(bundle: string, emit: Emit): WorkerProcess {
  const child = forkWorker(bundle);
  emit({ event: 'workerStarted', pid: child.pid ?? 0 });
  const functions = Promise.withResolvers<readonly FunctionMetadata[]>();
  functions.promise.catch(() => undefined);
  const pending = new Map<string, PromiseWithResolvers<InvocationResponse>>();
  const take = (invocationId: string): PromiseWithResolvers<InvocationResponse> | undefined => {
    const one = pending.get(invocationId);
    pending.delete(invocationId);
    return one;
  };

  child.on('message', (received: WorkerMessage) => {
    switch (received.message) {
      case 'loaded':
        return functions.resolve(received.functions);
      case 'notLoaded':
        emit({
          event: 'log',
          level: received.isReported ? 'error' : 'information',
          category: 'host',
          message: received.reason,
        });
        return functions.resolve([]);
      case 'log': {
        const { message: _, text, ...log } = received;
        return emit({ event: 'log', ...log, message: text });
      }
      case 'succeeded':
        return take(received.invocationId)?.resolve(received.response);
      case 'failed':
        return take(received.invocationId)?.reject(new FunctionFailure(received.error.message, received.error.stack));
    }
  });
  for (const stream of ['stdout', 'stderr'] as const) {
    const lines = createInterface({ input: child[stream] as Readable });
    lines.on('line', (text) => emit({ event: 'output', stream, text }));
  }
  const ended = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => {
      const reason = `node exited with code ${code ?? signal}`;
      for (const { reject } of [functions, ...pending.values()]) reject(new Error(reason));
      resolve(reason);
    });
  });
  const send = (command: WorkerCommand, onFault: (error: Error) => void = () => undefined): void =>
    void child.send(command, undefined, {}, (error) => error !== null && onFault(error));

  return {
    functions: functions.promise,
    ended,
    invoke(functionName, invocationId, request) {
      const answer = Promise.withResolvers<InvocationResponse>();
      pending.set(invocationId, answer);
      send({ command: 'invoke', invocationId, functionName, request }, (error) => take(invocationId)?.reject(error));
      return answer.promise;
    },
    isRunning: (invocationId) => pending.has(invocationId),
    kill: () => void child.kill('SIGKILL'),
    abandon() {
      pending.clear();
      child.kill('SIGKILL');
      return ended;
    },
    async terminate() {
      const insist = setTimeout(() => child.kill('SIGKILL'), terminationMs);
      send({ command: 'terminate' });
      await ended;
      clearTimeout(insist);
    },
  };
}

function forkWorker(bundle: string): ChildProcess {
  return fork(fileURLToPath(new URL('worker-main.ts', import.meta.url)), [bundle], {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}
