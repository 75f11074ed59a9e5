import { randomUUID } from 'node:crypto';
import type { CoreRegistrations, RegisteredFunction } from './core-api.ts';
import type { CoreInvocationContext, InvocationRequest, InvocationResponse } from './core-contract.ts';
import type { Emit } from './host-events.ts';

export interface InvocationOutcome {
  readonly invocationId: string;
  /** The function's own error or the host's; undefined when it succeeded and its outputs are written. */
  readonly error?: Error;
  /** The function was still running at functionTimeout: the worker has to go. */
  readonly timedOut: boolean;
}

export type Invoke = (
  registered: RegisteredFunction,
  request: InvocationRequest,
  reason: string,
) => Promise<InvocationOutcome>;

/**
 * Runs a function as the worker does: arguments, hooks, handler, hooks, response; then the output bindings. What a
 * failed invocation would have put out is dropped; outputs that cannot be written fail the invocation.
 */
export function createInvoker(options: {
  registrations: CoreRegistrations;
  functionTimeoutMs: number | undefined;
  writeOutputs: (registered: RegisteredFunction, response: InvocationResponse) => Promise<void>;
  emit: Emit;
}): Invoke {
  const { registrations, functionTimeoutMs, writeOutputs, emit } = options;
  return async (registered, request, reason) => {
    const invocationId = randomUUID();
    const functionName = registered.metadata.name;
    const started = performance.now();
    emit({ event: 'started', functionName, invocationId, reason });
    const work = run(registrations, registered, request, invocationId, emit).then((response) =>
      writeOutputs(registered, response),
    );
    const verdict = await Promise.race([settled(work), timeLimit(functionTimeoutMs, work)]);
    const timedOut = verdict === 'timedOut';
    const error = timedOut ? timeoutError(functionName, functionTimeoutMs ?? 0) : verdict;
    const durationMs = performance.now() - started;
    const failure = error === undefined ? {} : { error: describeError(error) };
    emit({ event: 'finished', functionName, invocationId, durationMs, ...failure });
    return { invocationId, timedOut, ...(error === undefined ? {} : { error }) };
  };
}

async function run(
  registrations: CoreRegistrations,
  registered: RegisteredFunction,
  request: InvocationRequest,
  invocationId: string,
  emit: Emit,
): Promise<InvocationResponse> {
  const { metadata } = registered;
  const coreContext: CoreInvocationContext = {
    invocationId,
    metadata,
    request,
    log: (level, category, message) =>
      emit({ event: 'log', level, category, message, functionName: metadata.name, invocationId }),
  };
  const model = registrations.model().getInvocationModel(coreContext);
  const { context, inputs } = await model.getArguments();
  const before = { hookData: {}, inputs, functionCallback: registered.callback, invocationContext: context };
  coreContext.state = 'preInvocationHooks';
  await registrations.runHooks('preInvocation', before);
  coreContext.state = 'invocation';
  const after = {
    hookData: before.hookData,
    inputs: before.inputs,
    invocationContext: context,
    result: undefined as unknown,
    error: null as unknown,
  };
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error;
  }
  coreContext.state = 'postInvocationHooks';
  await registrations.runHooks('postInvocation', after);
  if (after.error !== null && after.error !== undefined) throw after.error;
  return await model.getResponse(context, after.result);
}

async function settled(work: Promise<void>): Promise<Error | undefined> {
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
