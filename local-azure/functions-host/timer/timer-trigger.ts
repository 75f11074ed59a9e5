import type { InvocationOutcome } from '../invoker.ts';
import type { Schedule } from './ncrontab.ts';
import { sleepUntil } from './sleep-until.ts';
import { runWithRetries, type TimerTriggerOptions, timerRequest } from './timer-run.ts';
import type { TimerStatus } from './timer-state.ts';

export interface TimerTrigger {
  /** Keeps the schedule from now on. Fired by hand it can be without. */
  listen(): void;
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
export function createTimerTrigger(options: TimerTriggerOptions): TimerTrigger {
  const { metadata, schedule, state, configuration, emit } = options;
  const { name } = metadata;
  const stopping = new AbortController();
  const running = new Set<Promise<unknown>>();
  const isRecorded = options.useMonitor && !schedule.isFasterThanMinutes;

  /** @returns the status from which the next run follows. A run counts from its start: what it missed is due after it. */
  const run = async (status: TimerStatus, how: { isPastDue?: boolean; onStartup?: boolean; reason: string }) => {
    const { isPastDue = false, reason } = how;
    const started = new Date();
    const given = isRecorded ? status : undefined;
    const outcome = await runWithRetries(options, { status: given, isPastDue, reason, stopping: stopping.signal });
    // One that began before its own occurrence must not have that one next again.
    const isEarly = !isPastDue && !how.onStartup && new Date(status.next) > started;
    const next = afterRun(schedule, isEarly ? new Date(status.next) : started);
    if (isRecorded) state.write(name, next);
    return { outcome, status: next };
  };

  const keepSchedule = async (): Promise<void> => {
    const stored = isRecorded ? checkedStatus(options) : undefined;
    let status: TimerStatus = stored?.status ?? { next: schedule.next(new Date()).toISOString() };
    const reason = (): string => `Timer fired at ${new Date().toISOString()}`;
    if (stored?.isPastDue) ({ status } = await run(status, { isPastDue: true, reason: `${reason()} (past due)` }));
    else if (options.runOnStartup)
      ({ status } = await run(status, { onStartup: true, reason: `${reason()} (startup)` }));
    for (;;) {
      const due = new Date(status.next).getTime() - (configuration.fireEarlyMs ?? Math.random() * 900);
      if (!(await sleepUntil(due, stopping.signal))) return;
      ({ status } = await run(status, { reason: reason() }));
    }
  };

  const track = <Result>(work: Promise<Result>): Promise<Result> => {
    running.add(work);
    const forget = (): void => void running.delete(work);
    work.then(forget, forget);
    return work;
  };

  return {
    listen() {
      track(keepSchedule()).catch((error: unknown) => {
        const message = `Timer stopped: ${String(error)}`;
        emit({ event: 'log', level: 'error', category: 'host', functionName: name, message });
      });
    },
    fire() {
      const reason = 'This function was programmatically called via the host APIs.';
      const request = timerRequest(options, isRecorded ? state.read(name) : undefined, false, undefined);
      return track(options.invoke(metadata, request, { reason }));
    },
    async fireDue(occurrence) {
      if (!schedule.includes(occurrence)) {
        throw new Error(`${occurrence.toISOString()} is no occurrence of the schedule of ${name}.`);
      }
      const status = { ...afterRun(schedule, schedule.previous(occurrence)), next: occurrence.toISOString() };
      if (isRecorded) state.write(name, status);
      return (await track(run(status, { reason: `Timer fired at ${new Date().toISOString()}` }))).outcome;
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled(running);
    },
  };
}

function afterRun(schedule: Schedule, from: Date): TimerStatus {
  const last = from.toISOString();
  return { last, lastUpdated: last, next: schedule.next(from).toISOString() };
}

/** What is on record, put right where the schedule changed since. The first time it is put on record, and not handed over. */
function checkedStatus(options: TimerTriggerOptions): { status: TimerStatus | undefined; isPastDue: boolean } {
  const { schedule, state, metadata } = options;
  const now = new Date();
  const nextAfter = (instant: Date): string => schedule.next(instant).toISOString();
  const stored = state.read(metadata.name);
  if (stored === undefined) {
    state.write(metadata.name, { lastUpdated: now.toISOString(), next: nextAfter(now) });
    return { status: undefined, isPastDue: false };
  }
  const from = new Date(stored.last ?? stored.lastUpdated ?? now);
  if (nextAfter(from) === stored.next) return { status: stored, isPastDue: now > new Date(stored.next) };
  // A changed schedule is not past due at once.
  const since = now > new Date(nextAfter(from)) ? now : from;
  const status = { lastUpdated: since.toISOString(), next: nextAfter(since) };
  state.write(metadata.name, status);
  return { status, isPastDue: false };
}
