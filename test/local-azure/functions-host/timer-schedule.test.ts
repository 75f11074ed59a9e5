import { expect, onTestFinished, test } from 'vitest';
import { hostConfiguration } from '../../../local-azure/functions-host/host-configuration.ts';
import type { Schedule } from '../../../local-azure/functions-host/ncrontab.ts';
import { timerState } from '../../../local-azure/functions-host/timer-state.ts';
import { startTimerTrigger } from '../../../local-azure/functions-host/timer-trigger.ts';
import { day, fromNow, hour, now } from '../../support/now.ts';

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

test('a timer that fires before its occurrence fires once for each', async () => {
  const occurrences = [10, 20, 30].map((ms) => fromNow(hour + ms));
  const fired: { next: string | undefined; isEarly: boolean }[] = [];
  const third = Promise.withResolvers<void>();
  const state = timerState(undefined);
  const trigger = startTimerTrigger({
    registered: { metadata: { name: 'nightly', bindings: {} }, callback: () => undefined },
    bindingName: 'timer',
    schedule: scheduleOf(occurrences),
    useMonitor: true,
    runOnStartup: false,
    state,
    configuration: hostConfiguration({}, { fireEarlyMs: hour }),
    async invoke(_registered, { inputData }) {
      const timer = JSON.parse(inputData[0]?.data?.json ?? '{}');
      const next: string = timer.ScheduleStatus.Next.replace('+00:00', 'Z');
      fired.push({ next, isEarly: now() < new Date(next) });
      if (fired.length === occurrences.length) third.resolve();
      return { invocationId: String(fired.length), timedOut: false };
    },
    onTimeout: () => undefined,
    emit: () => undefined,
  });
  onTestFinished(() => trigger.stop());
  await third.promise;
  await trigger.stop();
  expect(fired.map(({ next }) => Date.parse(next ?? ''))).toEqual(occurrences.map((one) => one.getTime()));
  expect(fired.map(({ isEarly }) => isEarly)).toEqual([true, true, true]);
  expect(state.read('nightly')?.last).toBe(occurrences[2]?.toISOString());
});
