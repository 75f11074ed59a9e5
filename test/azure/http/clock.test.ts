import { setImmediate as nextRound } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/azure/http/clock.ts';

test('a sleep ends at once, without an error, when its signal aborts', async () => {
  const controller = new AbortController();
  const sleep = systemClock.sleep(3_600_000, controller.signal);
  controller.abort();
  await expect(sleep).resolves.toBeUndefined();
  await expect(systemClock.sleep(3_600_000, AbortSignal.abort())).resolves.toBeUndefined();
});

test('a sleep of months is no sleep of a millisecond', async () => {
  const warnings: string[] = [];
  const note = (warning: Error) => warnings.push(warning.name);
  process.on('warning', note);
  const controller = new AbortController();
  const sleep = systemClock.sleep(2 ** 40, controller.signal);
  await nextRound();
  process.off('warning', note);
  controller.abort();
  await sleep;
  expect(warnings).not.toContain('TimeoutOverflowWarning');
});
