import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSchedule, runTimeOfTimer } from '../../../src/escrow/model/run-time.ts';

const nightly = '0 0 2 * * *';
const monthly = '0 0 2 1 * *';
const instant = (text: string) => new Date(text);
const runTime = (next: string | undefined, now: string, schedule = nightly) =>
  runTimeOfTimer(next === undefined ? null : { next }, schedule, instant(now)).toISOString();

describe('the run time of a timer', () => {
  test('is the occurrence that the host names, fired up to a second early or late', () => {
    for (const now of ['2026-11-24T01:59:59.100Z', '2026-11-24T02:00:00Z', '2026-11-24T02:00:03Z']) {
      expect(runTime('2026-11-24T02:00:00Z', now)).toBe('2026-11-24T02:00:00.000Z');
    }
  });

  test('stays that occurrence on every retry, hours later and past midnight', () => {
    expect(runTime('2026-11-24T02:00:00Z', '2026-11-25T01:30:00Z')).toBe('2026-11-24T02:00:00.000Z');
  });

  test('is the latest occurrence when the host names one that is still to come, as on a manual start', () => {
    expect(runTime('2026-11-25T02:00:00Z', '2026-11-24T14:00:00Z')).toBe('2026-11-24T02:00:00.000Z');
    expect(runTime('2026-11-24T02:00:00Z', '2026-11-24T01:58:00Z')).toBe('2026-11-23T02:00:00.000Z');
  });

  test('is the latest occurrence when the host names none, or nothing readable', () => {
    expect(runTime(undefined, '2026-11-24T14:00:00Z')).toBe('2026-11-24T02:00:00.000Z');
    expect(runTime('soon', '2026-11-24T14:00:00Z')).toBe('2026-11-24T02:00:00.000Z');
    expect(runTimeOfTimer({}, nightly, instant('2026-11-24T14:00:00Z'))).toEqual(instant('2026-11-24T02:00:00Z'));
  });

  test('is the beginning of today when the latest occurrence is long ago', () => {
    expect(runTime(undefined, '2026-11-24T14:00:00Z', monthly)).toBe('2026-11-24T00:00:00.000Z');
    expect(runTime('2026-11-01T02:00:00Z', '2026-11-24T14:00:00Z', monthly)).toBe('2026-11-24T00:00:00.000Z');
  });

  test('is always one that a message of the fan-out may carry: 7 days back to 5 minutes ahead', () => {
    const schedules = fc.constantFrom(
      nightly,
      monthly,
      '*/5 * * * * *',
      '0 0 0 29 2 *',
      '0 30 3 * * 1-5',
      '0 0 2 13 * 5',
    );
    const time = fc.date({ min: instant('2026-01-01'), max: instant('2030-01-01'), noInvalidDate: true });
    const offset = fc.integer({ min: -40 * 24 * 3600, max: 40 * 24 * 3600 });
    fc.assert(
      fc.property(schedules, time, fc.option(offset), (schedule, now, seconds) => {
        const next = seconds === null ? null : { next: new Date(now.getTime() + seconds * 1000).toISOString() };
        const age = now.getTime() - runTimeOfTimer(next, schedule, now).getTime();
        expect(age).toBeLessThan(7 * 24 * 3600_000);
        expect(age).toBeGreaterThanOrEqual(-5 * 60_000);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a schedule', () => {
  test.each(['0 0 2 L * *', '0 0 2 ? * *', '0 0 2 * * 5#2', '0 0 2 15W * *'])(
    'is refused when the host would refuse it (%s)',
    (expression) => {
      expect(() => parseSchedule(expression)).toThrow(/is not valid NCRONTAB/);
    },
  );

  test('is read in UTC, where day of month and day of week must both match', () => {
    const next = parseSchedule('0 30 2 13 * 5').nextRun(instant('2026-11-01T00:00:00Z'));
    expect(next?.toISOString()).toBe('2026-11-13T02:30:00.000Z');
    expect(next?.getUTCDay()).toBe(5);
  });

  test.each(['', 'daily', '0 2 * * *', '0 0 25 * * *', '0 0 2 * * * *', '61 0 2 * * *'])('cannot be "%s"', (text) => {
    expect(() => parseSchedule(text)).toThrow();
  });
});
