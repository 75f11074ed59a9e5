import { describe, expect, test } from 'vitest';
import {
  calendarStart,
  type DayMark,
  decodeMarks,
  encodeMarks,
  type KeyDays,
  markDays,
} from '../../../src/escrow/coverage/calendar.ts';
import { addDays, calendarDays } from '../../../src/escrow/model/day.ts';

const now = new Date('2026-11-24T06:00:00Z');
const today = '2026-11-24';
const long = new Date('2026-01-01T00:00:00Z');

/** A key that has been there for long and of which nothing is known. */
const unknown: KeyDays = {
  previous: undefined,
  backups: new Map(),
  failures: new Set(),
  status: 'stale',
  dueSince: long,
  recordAt: undefined,
};
const daysOf = (key: Partial<KeyDays>, maxAgeHours = 26, at = now): string =>
  markDays({ ...unknown, ...key }, maxAgeHours, at).join('');
/** The marks of the last days, today's last. */
const lastDays = (count: number, key: Partial<KeyDays>, maxAgeHours?: number): string =>
  daysOf(key, maxAgeHours).slice(-count);
/** Of runs at 02:00: records that were made, and keys that failed. */
function outcomes(...of: readonly [daysAgo: number, mark: 'e' | 'f'][]): Pick<KeyDays, 'backups' | 'failures'> {
  const days = (wanted: 'e' | 'f') => of.flatMap(([ago, mark]) => (mark === wanted ? [addDays(today, -ago)] : []));
  return {
    backups: new Map(days('e').map((day) => [day, new Date(`${day}T02:00:00Z`)])),
    failures: new Set(days('f')),
  };
}

test('the calendar has ninety days and ends today, in UTC', () => {
  expect(calendarStart(now)).toBe('2026-08-27');
  expect(calendarStart(new Date('2026-11-24T23:59:59.999Z'))).toBe('2026-08-27');
  expect(addDays('2026-08-27', calendarDays - 1)).toBe(today);
  expect(daysOf({})).toHaveLength(90);
  expect(addDays('2026-02-27', 2)).toBe('2026-03-01');
});

test('marks are written as runs, and a run longer than the calendar is read as it stands', () => {
  expect(encodeMarks(['-', '-', 'e', 'e', 'e', 's', 'e'])).toBe('-2e3s1e1');
  expect(decodeMarks('e12s1').join('')).toBe(`${'e'.repeat(12)}s`);
  expect(decodeMarks('e1000')).toHaveLength(1000);
  // A mark of another version keeps the place of its days.
  expect(decodeMarks('x3e2').join('')).toBe('---ee');
});

describe('today is', () => {
  const early = new Date('2026-11-24T01:00:00Z');
  const late = new Date('2026-11-23T22:00:00Z');

  test.each([
    ['escrowed when the newest record is of today', 'fresh', early, 'e'],
    ['held when it is younger than the maximal age', 'fresh', late, 'h'],
    ['stale when it is not, whatever its day', 'stale', early, 's'],
    ['stale when there has never been one', 'never', undefined, 's'],
    ['gone when the source no longer has the key, even if it was escrowed today', 'gone', early, 'g'],
    ['none while the first backup is not due', 'pending', undefined, '-'],
    ['skipped when the key needs no backup, even if it has one of today', 'excluded', early, 'k'],
  ] as const)('%s', (_, status, recordAt, mark) => {
    expect(lastDays(1, { status, recordAt })).toBe(mark);
  });

  test('stale by its status, whatever records of today there are', () => {
    expect(lastDays(1, { status: 'stale', ...outcomes([0, 'e']) })).toBe('s');
  });

  test('failed when a run failed and no record of today is there', () => {
    const failed = outcomes([0, 'f']);
    expect(lastDays(1, { ...failed, status: 'stale' })).toBe('f');
    expect(lastDays(1, { ...failed, status: 'fresh', recordAt: late })).toBe('f');
    expect(lastDays(1, { ...failed, status: 'fresh', recordAt: early })).toBe('e');
  });
});

describe('a day that has ended is', () => {
  /** Without today. */
  const pastDays = (count: number, key: Partial<KeyDays>, maxAgeHours?: number): string =>
    lastDays(count + 1, key, maxAgeHours).slice(0, -1);

  test('escrowed when a record was made, failed when a report says so and none was', () => {
    expect(pastDays(3, outcomes([3, 'e'], [2, 'f']))).toBe('efs');
  });

  test('escrowed when a record is of that day, even where a run failed', () => {
    const recordAt = new Date('2026-11-23T12:00:00Z');
    expect(pastDays(1, { recordAt, ...outcomes([1, 'f']) })).toBe('e');
  });

  test.each([
    ['2026-11-23T00:00:00Z', 'se'],
    ['2026-11-23T23:59:59Z', 'se'],
    ['2026-11-22T23:59:59Z', 'es'],
    ['2026-11-24T00:00:00Z', 'ss'],
  ])('escrowed when the newest record is of that day: %s', (recordAt, expected) => {
    expect(pastDays(2, { recordAt: new Date(recordAt) }, 1)).toBe(expected);
  });

  test('skipped while the key needs no backup, but for days on which it had one', () => {
    expect(pastDays(2, { status: 'retired', recordAt: new Date('2026-11-22T02:00:00Z') })).toBe('ek');
  });

  test('none before the key was first seen', () => {
    const dueSince = new Date('2026-11-22T23:00:00Z');
    expect(pastDays(3, { dueSince })).toBe('-ss');
    expect(pastDays(3, { dueSince, status: 'retired' })).toBe('-kk');
    expect(pastDays(3, { dueSince, recordAt: new Date('2026-11-21T02:00:00Z') })).toBe('ess');
  });

  test('none while the first backup is not due', () => {
    expect(daysOf({ status: 'pending' })).toBe('-'.repeat(90));
  });

  test('not gone: how it was before is no matter of today', () => {
    expect(lastDays(3, { status: 'gone' })).toBe('ssg');
    expect(lastDays(3, { status: 'gone', ...outcomes([1, 'e']) })).toBe('seg');
  });
});

describe('a day without a backup is held', () => {
  test('when the newest record is within the maximal age at its end, to the hour', () => {
    const recordAt = new Date('2026-11-21T20:00:00Z');
    expect(lastDays(4, { recordAt }, 28)).toBe('ehss');
    expect(lastDays(4, { recordAt }, 27.99)).toBe('esss');
    expect(lastDays(4, { recordAt }, 52)).toBe('ehhs');
  });

  test('by an older record, where the newest came later', () => {
    const recordAt = new Date('2026-11-20T20:00:00Z');
    expect(lastDays(5, { recordAt, ...outcomes([3, 'e']) }, 46)).toBe('eehss');
    expect(lastDays(5, { recordAt, ...outcomes([3, 'e']) }, 45)).toBe('eesss');
  });

  test('by the newest record of the previous audit, where a later one has come since', () => {
    const previous = { from: addDays(calendarStart(now), -3), marks: [], recordAt: new Date('2026-11-20T20:00:00Z') };
    const recordAt = new Date('2026-11-24T02:00:00Z');
    expect(lastDays(5, { previous, recordAt, status: 'fresh' }, 52)).toBe('ehhse');
  });

  test('by no record that came later', () => {
    expect(lastDays(3, { recordAt: new Date('2026-11-24T02:00:00Z'), status: 'fresh' }, 10_000)).toBe('sse');
  });
});

describe('what the previous audit had worked out', () => {
  const earlierBy = (days: number, text: string, recordAt?: string) => ({
    from: addDays(calendarStart(now), -days),
    marks: decodeMarks(encodeMarks([...text] as DayMark[])),
    recordAt: recordAt === undefined ? undefined : new Date(recordAt),
  });

  test('stands, but for its last day, which had not ended', () => {
    const previous = earlierBy(1, `${'f'.repeat(89)}s`);
    const recordAt = new Date('2026-11-24T02:00:00Z');
    expect(daysOf({ previous, recordAt, status: 'fresh', ...outcomes([1, 'e'], [0, 'e'], [5, 'e']) })).toBe(
      `${'f'.repeat(88)}ee`,
    );
  });

  test('moves with the calendar, by as many days as have passed', () => {
    const previous = earlierBy(3, `kkkf${'e'.repeat(85)}s`);
    expect(daysOf({ previous })).toBe(`f${'e'.repeat(85)}ssss`);
  });

  test('of the same day is worked out again for today alone', () => {
    const previous = earlierBy(0, `${'f'.repeat(89)}s`);
    const recordAt = new Date('2026-11-24T02:00:00Z');
    expect(daysOf({ previous, recordAt, status: 'fresh', ...outcomes([0, 'e'], [1, 'e']) })).toBe(`${'f'.repeat(89)}e`);
  });

  test('counts by the real time of its newest record', () => {
    const marks = `${'e'.repeat(89)}s`;
    expect(daysOf({ previous: earlierBy(1, marks, '2026-11-22T23:00:00Z') })).toBe(`${'e'.repeat(88)}hs`);
    expect(daysOf({ previous: earlierBy(1, marks, '2026-11-22T21:00:00Z') })).toBe(`${'e'.repeat(88)}ss`);
  });
});
