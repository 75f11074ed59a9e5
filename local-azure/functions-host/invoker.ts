import { randomUUID } from 'node:crypto';
import type { Emit } from './host-events.ts';
import type { FunctionMetadata, InvocationRequest, InvocationResponse } from './worker/core-contract.ts';
import type { Worker } from './worker/worker.ts';

export interface InvocationOutcome {
  readonly invocationId: string;
  /** The function's own error or the host's; undefined when it succeeded and its outputs are written. */
  readonly error?: Error;
}

export type Invoke = (
  metadata: FunctionMetadata,
  request: InvocationRequest,
  how: {
    readonly reason: string;
    /** Of the attempt before, where this one is a retry of a policy: the real host keeps it. */
    readonly invocationId?: string;
  },
) => Promise<InvocationOutcome>;

/**
 * Runs a function on the worker, then the output bindings. What a failed invocation would have put out is dropped; outputs
 * that cannot be written fail the invocation. One that outlives functionTimeout fails, and takes its worker with it.
 */
export function createInvoker(options: {
  worker: Pick<Worker, 'ready' | 'invoke' | 'replace'>;
  functionTimeoutMs: number | undefined;
  writeOutputs: (metadata: FunctionMetadata, response: InvocationResponse) => Promise<void>;
  emit: Emit;
}): Invoke {
  const { worker, functionTimeoutMs, writeOutputs, emit } = options;
  return async (metadata, request, { reason, invocationId = randomUUID() }) => {
    const functionName = metadata.name;
    const started = performance.now();
    emit({ event: 'started', functionName, invocationId, reason });
    const unready = await settled(worker.ready());
    const work = worker
      .invoke(functionName, invocationId, request)
      .then((response) => writeOutputs(metadata, response));
    const verdict = unready ?? (await Promise.race([settled(work), timeLimit(functionTimeoutMs, work)]));
    const isTimeout = verdict === 'timedOut';
    const error = isTimeout ? timeoutError(functionName, functionTimeoutMs ?? 0) : verdict;
    const durationMs = performance.now() - started;
    const failure = error === undefined ? {} : { error: describeError(error) };
    emit({ event: 'finished', functionName, invocationId, durationMs, ...failure });
    if (isTimeout) worker.replace(invocationId);
    return { invocationId, ...(error === undefined ? {} : { error }) };
  };
}

async function settled(work: Promise<unknown>): Promise<Error | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function timeLimit(ms: number | undefined, work: Promise<void>): Promise<'timedOut'> {
  return await new Promise((resolve) => {
    if (ms === undefined) return;
    const timer = setTimeout(() => resolve('timedOut'), ms);
    const clear = (): void => clearTimeout(timer);
    work.then(clear, clear);
  });
}

function timeoutError(functionName: string, ms: number): Error {
  const error = new Error(`Timeout value of ${ms} ms was exceeded by function: Functions.${functionName}`);
  error.name = 'Microsoft.Azure.WebJobs.Host.FunctionTimeoutException';
  return error;
}

function describeError(error: Error): string {
  return error.stack ?? `${error.name}: ${error.message}`;
}
