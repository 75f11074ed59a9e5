import { describe, expect, test } from 'vitest';
import {
  addDays,
  calendarDays,
  calendarStart,
  type DayMark,
  type DayOutcomes,
  decodeMarks,
  encodeMarks,
  type KeyDays,
  markDays,
  noteOutcome,
} from '../../../src/escrow/audit/calendar.ts';

const now = new Date('2026-11-24T06:00:00Z');
const today = '2026-11-24';
const long = new Date('2026-01-01T00:00:00Z');

/** A key that has been there for long and of which nothing is known. */
const unknown: KeyDays = {
  earlier: undefined,
  outcomes: new Map(),
  status: 'stale',
  firstSeenAt: long,
  newestAt: undefined,
};
const daysOf = (key: Partial<KeyDays>, maxAgeHours = 26, at = now): string =>
  markDays({ ...unknown, ...key }, maxAgeHours, at).join('');
/** The marks of the last days, today's last. */
const lastDays = (count: number, key: Partial<KeyDays>, maxAgeHours?: number): string =>
  daysOf(key, maxAgeHours).slice(-count);
/** Of runs at 02:00. */
const outcomes = (...reported: readonly [daysAgo: number, mark: 'e' | 'f' | 'k'][]): DayOutcomes =>
  new Map(
    reported.map(([daysAgo, mark]) => {
      const day = addDays(today, -daysAgo);
      return [day, { mark, at: new Date(`${day}T02:00:00Z`) }];
    }),
  );

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

describe('of several outcomes on one day', () => {
  const noted = (...marks: ('e' | 'f' | 'k')[]) => {
    const days: DayOutcomes = new Map();
    for (const [hour, mark] of marks.entries()) noteOutcome(days, mark, new Date(Date.parse(today) + hour * 3_600_000));
    return `${days.get(today)?.mark} at ${days.get(today)?.at.getUTCHours()}`;
  };

  test('the best stands, whatever came last', () => {
    expect([noted('f', 'e'), noted('e', 'f')]).toEqual(['e at 1', 'e at 0']);
    expect([noted('k', 'e'), noted('e', 'k')]).toEqual(['e at 1', 'e at 0']);
  });

  test('a failure says more than that the key was skipped', () => {
    expect([noted('k', 'f'), noted('f', 'k'), noted('k', 'k')]).toEqual(['f at 1', 'f at 0', 'k at 1']);
  });

  test('the last backup counts, in whatever order reports are read', () => {
    const days: DayOutcomes = new Map();
    for (const hour of ['05', '19', '02']) noteOutcome(days, 'e', new Date(`${today}T${hour}:00:00Z`));
    expect(days.get(today)?.at).toEqual(new Date(`${today}T19:00:00Z`));
  });
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
  ] as const)('%s', (_, status, newestAt, mark) => {
    expect(lastDays(1, { status, newestAt })).toBe(mark);
  });

  test('never what a report claims and no record bears out', () => {
    expect(lastDays(1, { status: 'stale', outcomes: outcomes([0, 'e']) })).toBe('s');
    expect(lastDays(1, { status: 'fresh', newestAt: late, outcomes: outcomes([0, 'e']) })).toBe('h');
  });

  test('failed when a run failed and no record of today is there', () => {
    const failed = { outcomes: outcomes([0, 'f']) };
    expect(lastDays(1, { ...failed, status: 'stale' })).toBe('f');
    expect(lastDays(1, { ...failed, status: 'fresh', newestAt: late })).toBe('f');
    expect(lastDays(1, { ...failed, status: 'fresh', newestAt: early })).toBe('e');
  });
});

describe('a day that has ended is', () => {
  /** Without today. */
  const pastDays = (count: number, key: Partial<KeyDays>, maxAgeHours?: number): string =>
    lastDays(count + 1, key, maxAgeHours).slice(0, -1);

  test('what a report says of it', () => {
    expect(pastDays(3, { outcomes: outcomes([3, 'e'], [2, 'f'], [1, 'k']) })).toBe('efk');
  });

  test('escrowed when a record is of that day, even where a run failed', () => {
    const newestAt = new Date('2026-11-23T12:00:00Z');
    expect(pastDays(1, { newestAt, outcomes: outcomes([1, 'f']) })).toBe('e');
  });

  test.each([
    ['2026-11-23T00:00:00Z', 'se'],
    ['2026-11-23T23:59:59Z', 'se'],
    ['2026-11-22T23:59:59Z', 'es'],
    ['2026-11-24T00:00:00Z', 'ss'],
  ])('escrowed when the newest record is of that day: %s', (newestAt, expected) => {
    expect(pastDays(2, { newestAt: new Date(newestAt) }, 1)).toBe(expected);
  });

  test('skipped while the key needs no backup, whenever its newest record was made', () => {
    expect(pastDays(2, { status: 'excluded', newestAt: new Date('2026-11-23T02:00:00Z') })).toBe('kk');
  });

  test('none before the key was first seen', () => {
    const firstSeenAt = new Date('2026-11-22T23:00:00Z');
    expect(pastDays(3, { firstSeenAt })).toBe('-ss');
    expect(pastDays(3, { firstSeenAt, status: 'retired' })).toBe('-kk');
    expect(pastDays(3, { firstSeenAt, newestAt: new Date('2026-11-21T02:00:00Z') })).toBe('ess');
  });

  test('none while the first backup is not due', () => {
    expect(daysOf({ status: 'pending' })).toBe('-'.repeat(90));
  });

  test('not gone: how it was before is no matter of today', () => {
    expect(lastDays(3, { status: 'gone' })).toBe('ssg');
    expect(lastDays(3, { status: 'gone', outcomes: outcomes([1, 'e']) })).toBe('seg');
  });
});

describe('a day without a backup is held', () => {
  test('when the newest record is within the maximal age at its end, to the hour', () => {
    const newestAt = new Date('2026-11-21T20:00:00Z');
    expect(lastDays(4, { newestAt }, 28)).toBe('ehss');
    expect(lastDays(4, { newestAt }, 27.99)).toBe('esss');
    expect(lastDays(4, { newestAt }, 52)).toBe('ehhs');
  });

  test('by what a report says, where the newest record is older', () => {
    const newestAt = new Date('2026-11-20T20:00:00Z');
    expect(lastDays(5, { newestAt, outcomes: outcomes([3, 'e']) }, 46)).toBe('eehss');
    expect(lastDays(5, { newestAt, outcomes: outcomes([3, 'e']) }, 45)).toBe('eesss');
  });

  test('by the newest record of the previous audit, where a later one has come since', () => {
    const earlier = { from: addDays(calendarStart(now), -3), marks: [], newestAt: new Date('2026-11-20T20:00:00Z') };
    const newestAt = new Date('2026-11-24T02:00:00Z');
    expect(lastDays(5, { earlier, newestAt, status: 'fresh' }, 52)).toBe('ehhse');
  });

  test('by no record that came later', () => {
    expect(lastDays(3, { newestAt: new Date('2026-11-24T02:00:00Z'), status: 'fresh' }, 10_000)).toBe('sse');
  });
});

describe('what the previous audit had worked out', () => {
  const earlierBy = (days: number, text: string, newestAt?: string) => ({
    from: addDays(calendarStart(now), -days),
    marks: decodeMarks(encodeMarks([...text] as DayMark[])),
    newestAt: newestAt === undefined ? undefined : new Date(newestAt),
  });

  test('stands, but for its last day, which had not ended', () => {
    const earlier = earlierBy(1, `${'f'.repeat(89)}s`);
    const newestAt = new Date('2026-11-24T02:00:00Z');
    expect(daysOf({ earlier, newestAt, status: 'fresh', outcomes: outcomes([1, 'e'], [0, 'e'], [5, 'e']) })).toBe(
      `${'f'.repeat(88)}ee`,
    );
  });

  test('moves with the calendar, by as many days as have passed', () => {
    const earlier = earlierBy(3, `kkkf${'e'.repeat(85)}s`);
    expect(daysOf({ earlier })).toBe(`f${'e'.repeat(85)}ssss`);
  });

  test('of the same day is worked out again for today alone', () => {
    const earlier = earlierBy(0, `${'f'.repeat(89)}s`);
    const newestAt = new Date('2026-11-24T02:00:00Z');
    expect(daysOf({ earlier, newestAt, status: 'fresh', outcomes: outcomes([0, 'e'], [1, 'e']) })).toBe(
      `${'f'.repeat(89)}e`,
    );
  });

  test('counts by the real time of its newest record', () => {
    const marks = `${'e'.repeat(89)}s`;
    expect(daysOf({ earlier: earlierBy(1, marks, '2026-11-22T23:00:00Z') })).toBe(`${'e'.repeat(88)}hs`);
    expect(daysOf({ earlier: earlierBy(1, marks, '2026-11-22T21:00:00Z') })).toBe(`${'e'.repeat(88)}ss`);
  });
});
