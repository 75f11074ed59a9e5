import type { RegisteredFunction } from './core-api.ts';
import type { InvocationRequest, RetryContext } from './core-contract.ts';
import type { HostConfiguration } from './host-configuration.ts';
import type { Emit } from './host-events.ts';
import type { InvocationOutcome, Invoke } from './invoker.ts';
import type { Schedule } from './ncrontab.ts';
import { isRetried, retryDelayMs } from './retry-policy.ts';
import { sleepUntil } from './sleep-until.ts';
import type { TimerState, TimerStatus } from './timer-state.ts';

export interface TimerTriggerOptions {
  readonly registered: RegisteredFunction;
  readonly bindingName: string;
  readonly schedule: Schedule;
  readonly useMonitor: boolean;
  readonly runOnStartup: boolean;
  readonly state: TimerState;
  readonly configuration: HostConfiguration;
  readonly invoke: Invoke;
  /** Called when a run outlived functionTimeout, after that was recorded. */
  readonly onTimeout: () => void;
  readonly emit: Emit;
}

/**
 * One run of a timer with the retries of its policy.
 * `isAbandoned`: a retry is still due, and the next process makes it because nothing was recorded.
 */
export async function runWithRetries(
  options: TimerTriggerOptions,
  run: { status: TimerStatus | undefined; isPastDue: boolean; reason: string; stopping: AbortController },
): Promise<InvocationOutcome & { isAbandoned?: boolean }> {
  const { registered, configuration, emit, state } = options;
  const { retryOptions: retry, name } = registered.metadata;
  let attempts = run.status?.attempts ?? 0;
  let retryContext: RetryContext | undefined =
    attempts === 0 || retry === undefined ? undefined : { retryCount: attempts, maxRetryCount: retry.maxRetryCount };
  for (;;) {
    const request = timerRequest(options, run.status, run.isPastDue, retryContext);
    const outcome = await options.invoke(registered, request, run.reason);
    if (outcome.error === undefined) return outcome;
    attempts += 1;
    if (retry === undefined || !isRetried(retry, attempts)) return outcome;
    if (outcome.timedOut) {
      // This process goes; the next one goes on with the retries.
      if (run.status !== undefined) state.write(name, { ...run.status, attempts });
      options.onTimeout();
      return { ...outcome, isAbandoned: true };
    }
    const pauseMs = configuration.timerRetryDelayMs ?? retryDelayMs(retry, attempts);
    const count = `Next attempt: '${attempts}'. Max retry count: '${retry.maxRetryCount}'`;
    const message = `Waiting for ${pauseMs} ms before retrying function execution. ${count}`;
    emit({ event: 'log', level: 'information', category: 'host', functionName: name, message });
    if (!(await sleepUntil(Date.now() + pauseMs, run.stopping.signal))) return { ...outcome, isAbandoned: true };
    const { message: text, stack } = outcome.error;
    const exception = { message: text, ...(stack === undefined ? {} : { stackTrace: stack }) };
    retryContext = { retryCount: attempts, maxRetryCount: retry.maxRetryCount, exception };
  }
}

/** The request of one invocation. The host's names begin with capitals; the library lowers them. */
export function timerRequest(
  options: TimerTriggerOptions,
  status: TimerStatus | undefined,
  isPastDue: boolean,
  retryContext: RetryContext | undefined,
): InvocationRequest {
  const time = (text: string | undefined) => text?.replace(/\.000Z$/, '+00:00').replace(/Z$/, '+00:00');
  const timer = {
    Schedule: { AdjustForDST: true },
    ScheduleStatus:
      status === undefined
        ? null
        : {
            Last: time(status.last) ?? '0001-01-01T00:00:00',
            LastUpdated: time(status.lastUpdated),
            Next: time(status.next),
          },
    IsPastDue: isPastDue,
  };
  return {
    inputData: [{ name: options.bindingName, data: { json: JSON.stringify(timer) } }],
    triggerMetadata: {},
    ...(retryContext === undefined ? {} : { retryContext }),
  };
}
