import type { InvocationOutcome } from './invoker.ts';
import type { Schedule } from './ncrontab.ts';
import { sleepUntil } from './sleep-until.ts';
import { runWithRetries, type TimerTriggerOptions, timerRequest } from './timer-run.ts';
import type { TimerStatus } from './timer-state.ts';

export interface TimerTrigger {
  /** As the host's admin interface does: once, without retries, with the status as it stands. */
  fire(): Promise<InvocationOutcome>;
  /** As if the schedule were due at that occurrence: with retries, and recorded. A kill in between leaves it past due. */
  fireDue(occurrence: Date): Promise<InvocationOutcome>;
  /** No further run starts; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/**
 * Runs a function on its schedule, with the rules of the Timer trigger (TimerListener and ScheduleMonitor of
 * azure-webjobs-sdk-extensions): one run at a time, past due at once after a start, the status written after a run.
 */
export function startTimerTrigger(options: TimerTriggerOptions): TimerTrigger {
  const { registered, schedule, state, configuration } = options;
  const { name } = registered.metadata;
  const stopping = new AbortController();
  const manual = new Set<Promise<unknown>>();
  const recorded = options.useMonitor && !schedule.isFasterThanMinutes;

  const runDue = async (status: TimerStatus, isPastDue: boolean, reason: string): Promise<InvocationOutcome> => {
    const outcome = await runWithRetries(options, {
      status: recorded ? status : undefined,
      isPastDue,
      reason,
      stopping,
    });
    if (outcome.isAbandoned) return outcome;
    const now = new Date();
    // The run may have begun, and ended, before its own occurrence: that one must not be next again.
    const last = !isPastDue && new Date(status.next) > now ? new Date(status.next) : now;
    if (recorded) state.write(name, afterRun(schedule, last));
    if (outcome.timedOut) options.onTimeout();
    return outcome;
  };

  const keepSchedule = async (): Promise<void> => {
    let status = initialStatus(options, recorded);
    const dueSince = Date.now() - new Date(status.next).getTime();
    if (recorded && dueSince > 0) await runDue(status, true, `Timer fired at ${new Date().toISOString()} (past due)`);
    else if (options.runOnStartup) await runDue(status, false, 'Timer fired at startup');
    let after = new Date();
    while (!stopping.signal.aborted) {
      const next = schedule.next(after);
      const early = configuration.fireEarlyMs ?? Math.random() * 900;
      if (!(await sleepUntil(next.getTime() - early, stopping.signal))) return;
      status = (recorded ? state.read(name) : undefined) ?? {
        lastUpdated: after.toISOString(),
        next: next.toISOString(),
      };
      await runDue({ ...status, next: next.toISOString() }, false, `Timer fired at ${new Date().toISOString()}`);
      after = new Date(Math.max(Date.now(), next.getTime()));
    }
  };

  const track = <Result>(work: Promise<Result>): Promise<Result> => {
    manual.add(work);
    const forget = (): void => void manual.delete(work);
    work.then(forget, forget);
    return work;
  };

  const scheduled = keepSchedule().catch((error: unknown) => {
    options.emit({
      event: 'log',
      level: 'error',
      category: 'host',
      functionName: name,
      message: `Timer stopped: ${String(error)}`,
    });
  });
  return {
    fire() {
      const reason = 'This function was programmatically called via the host APIs.';
      const status = recorded ? state.read(name) : undefined;
      const work = options.invoke(registered, timerRequest(options, status, false, undefined), reason);
      return track(
        work.then((outcome) => {
          if (outcome.timedOut) options.onTimeout();
          return outcome;
        }),
      );
    },
    fireDue(occurrence) {
      if (!schedule.includes(occurrence)) {
        return Promise.reject(new Error(`${occurrence.toISOString()} is no occurrence of the schedule of ${name}.`));
      }
      const status = { ...afterRun(schedule, schedule.previous(occurrence)), next: occurrence.toISOString() };
      if (recorded) state.write(name, status);
      return track(runDue(status, false, `Timer fired at ${new Date().toISOString()}`));
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled([scheduled, ...manual]);
    },
  };
}

function afterRun(schedule: Schedule, last: Date): TimerStatus {
  return { last: last.toISOString(), lastUpdated: last.toISOString(), next: schedule.next(last).toISOString() };
}

/** What is on record; the first time, and when the schedule changed since, it is put on record anew. */
function initialStatus(options: TimerTriggerOptions, recorded: boolean): TimerStatus {
  const { schedule, state, registered } = options;
  const now = new Date();
  const fresh = { lastUpdated: now.toISOString(), next: schedule.next(now).toISOString() };
  if (!recorded) return fresh;
  const status = state.read(registered.metadata.name);
  const isCurrent = status !== undefined && schedule.next(new Date(status.lastUpdated)).toISOString() === status.next;
  if (isCurrent) return status;
  const corrected =
    status === undefined
      ? fresh
      : { lastUpdated: status.lastUpdated, next: schedule.next(new Date(status.lastUpdated)).toISOString() };
  state.write(registered.metadata.name, corrected);
  return corrected;
}
