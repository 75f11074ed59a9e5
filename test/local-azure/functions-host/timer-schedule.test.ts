import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hostConfiguration } from '../../../local-azure/functions-host/host-configuration.ts';
import type { Schedule } from '../../../local-azure/functions-host/timer/ncrontab.ts';
import { timerState } from '../../../local-azure/functions-host/timer/timer-state.ts';
import { createTimerTrigger } from '../../../local-azure/functions-host/timer/timer-trigger.ts';
import { day, fromNow, hour, now } from '../../support/now.ts';
import { useFolder } from '../../support/temporary-folder.ts';

const folder = await useFolder();

/** Only these occurrences, and one in a year: the host's clock is the machine's, the schedule is not. */
function scheduleOf(occurrences: readonly Date[]): Schedule {
  const never = fromNow(365 * day);
  return {
    next: (after) => occurrences.find((one) => one > after) ?? never,
    previous: (before) => occurrences.findLast((one) => one < before) ?? new Date(0),
    includes: (instant) => occurrences.some((one) => one.getTime() === instant.getTime()),
    isFasterThanMinutes: false,
  };
}

interface Fired {
  readonly next: number;
  readonly isPastDue: boolean;
  readonly last: string;
}

/** Listens with those occurrences; `work` is what the function does, given how often it has run. */
function listen(occurrences: readonly Date[], fireEarlyMs: number, work: (run: number) => Promise<void> | void) {
  const state = timerState(join(folder, `${randomUUID()}.json`));
  const fired: Fired[] = [];
  const all = Promise.withResolvers<void>();
  const trigger = createTimerTrigger({
    metadata: { name: 'nightly', bindings: {} },
    bindingName: 'timer',
    schedule: scheduleOf(occurrences),
    useMonitor: true,
    runOnStartup: false,
    state,
    configuration: hostConfiguration({}, { fireEarlyMs }),
    async invoke(_metadata, { inputData }) {
      const { ScheduleStatus, IsPastDue } = JSON.parse(inputData[0]?.data?.json ?? '{}');
      const next = Date.parse(ScheduleStatus.Next);
      fired.push({ next, isPastDue: IsPastDue, last: ScheduleStatus.Last });
      await work(fired.length);
      if (fired.length === occurrences.length) all.resolve();
      return { invocationId: String(fired.length) };
    },
    emit: () => undefined,
  });
  trigger.listen();
  onTestFinished(() => trigger.stop());
  return { fired, state, trigger, all: all.promise };
}

test('a timer that fires before its occurrence fires once for each', async () => {
  const occurrences = [10, 20, 30].map((ms) => fromNow(hour + ms));
  const isEarly: boolean[] = [];
  const { fired, state, trigger, all } = listen(occurrences, hour, (run) => {
    isEarly.push(now().getTime() < (occurrences[run - 1]?.getTime() ?? 0));
  });
  await all;
  await trigger.stop();
  expect(fired.map(({ next }) => next)).toEqual(occurrences.map((one) => one.getTime()));
  expect(isEarly).toEqual([true, true, true]);
  expect(state.read('nightly')?.last).toBe(occurrences[2]?.toISOString());
});

test('an occurrence that a long run missed runs right after it, not past due, and last is the start of that run', async () => {
  const occurrences = [fromNow(200), fromNow(400)];
  const missed = occurrences[1]?.getTime() ?? 0;
  let startedAt = 0;
  const { fired, all } = listen(occurrences, 0, async (run) => {
    if (run > 1) return;
    startedAt = now().getTime();
    while (now().getTime() <= missed) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  await all;
  expect(fired.map(({ next, isPastDue }) => [next, isPastDue])).toEqual(
    occurrences.map((one) => [one.getTime(), false]),
  );
  expect(fired[0]?.last).toBe('0001-01-01T00:00:00');
  expect(Date.parse(fired[1]?.last ?? '')).toBeLessThanOrEqual(startedAt);
});
