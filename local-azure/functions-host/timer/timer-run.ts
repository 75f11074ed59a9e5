import { randomUUID } from 'node:crypto';
import type { HostConfiguration } from '../host-configuration.ts';
import type { Emit } from '../host-events.ts';
import type { InvocationOutcome, Invoke } from '../invoker.ts';
import type { FunctionMetadata, InvocationRequest, RetryContext, RetryOptions } from '../worker/core-contract.ts';
import type { Schedule } from './ncrontab.ts';
import { sleepUntil } from './sleep-until.ts';
import type { TimerState, TimerStatus } from './timer-state.ts';

export interface TimerTriggerOptions {
  readonly metadata: FunctionMetadata;
  readonly bindingName: string;
  readonly schedule: Schedule;
  readonly useMonitor: boolean;
  readonly runOnStartup: boolean;
  readonly state: TimerState;
  readonly configuration: HostConfiguration;
  readonly invoke: Invoke;
  readonly emit: Emit;
}

/**
 * One run of a timer with the retries of its policy, all under one invocation id (FunctionExecutorExtensions of
 * azure-webjobs-sdk). A stop ends the wait for a retry, and with it the run.
 */
export async function runWithRetries(
  options: TimerTriggerOptions,
  run: { status: TimerStatus | undefined; isPastDue: boolean; reason: string; stopping: AbortSignal },
): Promise<InvocationOutcome> {
  const { metadata, configuration, emit } = options;
  const { retryOptions: retry, name } = metadata;
  const { reason } = run;
  const invocationId = randomUUID();
  let retryContext: RetryContext | undefined =
    retry === undefined ? undefined : { retryCount: 0, maxRetryCount: retry.maxRetryCount };
  for (let attempts = 1; ; attempts += 1) {
    const request = timerRequest(options, run.status, run.isPastDue, retryContext);
    const outcome = await options.invoke(metadata, request, { reason, invocationId });
    if (outcome.error === undefined || retry === undefined || !isRetried(retry, attempts)) return outcome;
    const pauseMs = configuration.timerRetryDelayMs ?? retryDelayMs(retry, attempts);
    const count = `Next attempt: '${attempts}'. Max retry count: '${retry.maxRetryCount}'`;
    const message = `Waiting for ${pauseMs} ms before retrying function execution. ${count}`;
    emit({ event: 'log', level: 'information', category: 'host', functionName: name, message });
    if (!(await sleepUntil(Date.now() + pauseMs, run.stopping))) return outcome;
    const exception = formattedException(name, outcome.error);
    retryContext = { retryCount: attempts, maxRetryCount: retry.maxRetryCount, exception };
  }
}

/** The request of one invocation. The host's names begin with capitals; the library lowers them. */
export function timerRequest(
  { bindingName }: TimerTriggerOptions,
  status: TimerStatus | undefined,
  isPastDue: boolean,
  retryContext: RetryContext | undefined,
): InvocationRequest {
  const timer = {
    Schedule: { AdjustForDST: true },
    ScheduleStatus:
      status === undefined
        ? null
        : { Last: time(status.last), LastUpdated: time(status.lastUpdated), Next: time(status.next) },
    IsPastDue: isPastDue,
  };
  return {
    inputData: [{ name: bindingName, data: { json: JSON.stringify(timer) } }],
    triggerMetadata: {},
    ...(retryContext === undefined ? {} : { retryContext }),
  };
}

/** As .NET writes it; what never was is year 1. */
function time(text: string | undefined): string {
  return text?.replace(/(?:\.000)?Z$/, '+00:00') ?? '0001-01-01T00:00:00';
}

/** As ExceptionFormatter of azure-webjobs-sdk makes one text of an exception and what caused it. */
function formattedException(
  functionName: string,
  { message, stack = '' }: Error,
): NonNullable<RetryContext['exception']> {
  const inner = `Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException : Result: Failure\nException: ${message}\nStack: ${stack}`;
  const outer = `Microsoft.Azure.WebJobs.Host.FunctionInvocationException : Exception while executing function: Functions.${functionName}`;
  return { message: `${outer} ---> ${inner} \n   End of inner exception`, stackTrace: stack };
}

/** Whether a function that failed `attempts` times is tried again. */
export function isRetried(retry: RetryOptions, attempts: number): boolean {
  return retry.maxRetryCount === -1 || attempts <= retry.maxRetryCount;
}

/** Milliseconds before the next try, after `attempts` failures. */
export function retryDelayMs(retry: RetryOptions, attempts: number): number {
  if (retry.retryStrategy === 'fixedDelay') return (retry.delayInterval?.seconds ?? 0) * 1000;
  const minimum = (retry.minimumInterval?.seconds ?? 0) * 1000;
  const maximum = (retry.maximumInterval?.seconds ?? 0) * 1000;
  return Math.min(maximum, minimum * 2 ** (attempts - 1));
}
