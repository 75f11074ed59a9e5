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
  now: 'escrowed',
  firstSeenAt: long,
  newestAt: undefined,
};
const daysOf = (key: Partial<KeyDays>, maxAgeHours = 26, at = now): string =>
  markDays({ ...unknown, ...key }, maxAgeHours, at).join('');
/** The marks of the last days, today's last. */
const lastDays = (count: number, key: Partial<KeyDays>, maxAgeHours?: number): string =>
  daysOf(key, maxAgeHours).slice(-count);
const outcomes = (...said: readonly [daysAgo: number, mark: 'e' | 'f' | 'k'][]): DayOutcomes =>
  new Map(said.map(([daysAgo, mark]) => [addDays(today, -daysAgo), mark]));

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
    for (const mark of marks) noteOutcome(days, today, mark);
    return days.get(today);
  };

  test('the best stands, whatever came last', () => {
    expect([noted('f', 'e'), noted('e', 'f'), noted('k', 'e'), noted('e', 'k')]).toEqual(['e', 'e', 'e', 'e']);
  });

  test('a failure says more than that the key was skipped', () => {
    expect([noted('k', 'f'), noted('f', 'k'), noted('k', 'k')]).toEqual(['f', 'f', 'k']);
  });
});

describe('a day is', () => {
  test('what a report says of it', () => {
    expect(lastDays(4, { outcomes: outcomes([3, 'e'], [2, 'f'], [1, 'k'], [0, 'e']) })).toBe('efke');
  });

  test('what a report says even where a record is there', () => {
    const newestAt = new Date('2026-11-23T12:00:00Z');
    expect(lastDays(2, { newestAt, outcomes: outcomes([1, 'f']) }, 48)).toBe('fh');
  });

  test.each([
    ['2026-11-23T00:00:00Z', 'ses'],
    ['2026-11-23T23:59:59Z', 'ses'],
    ['2026-11-22T23:59:59Z', 'ess'],
    ['2026-11-24T00:00:00Z', 'sse'],
  ])('escrowed when the newest record is of that day: %s', (newestAt, expected) => {
    expect(lastDays(3, { newestAt: new Date(newestAt) }, 1)).toBe(expected);
  });

  test('skipped while the key is not escrowed, whenever its newest record was made', () => {
    expect(lastDays(3, { now: 'skipped', newestAt: new Date('2026-11-23T02:00:00Z') })).toBe('kkk');
  });

  test('none before the key was first seen', () => {
    const firstSeenAt = new Date('2026-11-22T23:00:00Z');
    expect(lastDays(4, { firstSeenAt })).toBe('-sss');
    expect(lastDays(4, { firstSeenAt, now: 'skipped' })).toBe('-kkk');
    expect(lastDays(4, { firstSeenAt, newestAt: new Date('2026-11-21T02:00:00Z') })).toBe('esss');
  });

  test('none while the first backup is not due', () => {
    expect(daysOf({ now: 'pending' })).toBe('-'.repeat(90));
  });

  test('gone today only: how it was before is no matter of today', () => {
    expect(lastDays(3, { now: 'gone' })).toBe('ssg');
    expect(lastDays(3, { now: 'gone', outcomes: outcomes([1, 'e']) })).toBe('seg');
  });
});

describe('a day without a backup is held', () => {
  test('up to the maximal age after the last backup, told from noon of its day to the end of the day', () => {
    const escrowed = { outcomes: outcomes([4, 'e']) };
    expect(lastDays(5, escrowed, 36)).toBe('ehsss');
    expect(lastDays(5, escrowed, 35)).toBe('essss');
    expect(lastDays(5, escrowed, 60)).toBe('ehhss');
  });

  test('today up to now', () => {
    const yesterday = { outcomes: outcomes([1, 'e']) };
    expect(lastDays(2, yesterday, 18)).toBe('eh');
    expect(lastDays(2, yesterday, 17)).toBe('es');
  });

  test('by the newest record too, to the hour', () => {
    const newestAt = new Date('2026-11-22T20:00:00Z');
    expect(lastDays(3, { newestAt }, 28)).toBe('ehs');
    expect(lastDays(3, { newestAt }, 27)).toBe('ess');
    expect(lastDays(3, { newestAt }, 34)).toBe('ehh');
  });

  test('by what a report says, where the newest record is older', () => {
    const newestAt = new Date('2026-11-22T20:00:00Z');
    expect(lastDays(3, { newestAt, outcomes: outcomes([1, 'e']) }, 18)).toBe('eeh');
  });

  test('by no record that came later', () => {
    expect(lastDays(3, { newestAt: new Date('2026-11-24T02:00:00Z') }, 10_000)).toBe('sse');
  });
});

describe('what the audit before had worked out', () => {
  const marks = (text: string): DayMark[] => decodeMarks(encodeMarks([...text] as DayMark[]));

  test('stands, but for its last day, which had not ended', () => {
    const earlier = { from: addDays(calendarStart(now), -1), marks: marks(`${'f'.repeat(89)}s`) };
    expect(daysOf({ earlier, outcomes: outcomes([1, 'e'], [0, 'e'], [5, 'e']) })).toBe(`${'f'.repeat(88)}ee`);
  });

  test('moves with the calendar, by as many days as have passed', () => {
    const earlier = { from: addDays(calendarStart(now), -3), marks: marks(`kkkf${'e'.repeat(85)}s`) };
    expect(daysOf({ earlier })).toBe(`f${'e'.repeat(85)}ssss`);
  });

  test('of the same day is worked out again for today alone', () => {
    const earlier = { from: calendarStart(now), marks: marks(`${'f'.repeat(89)}s`) };
    expect(daysOf({ earlier, outcomes: outcomes([0, 'e'], [1, 'e']) })).toBe(`${'f'.repeat(89)}e`);
  });

  test('counts as the last backup', () => {
    const earlier = { from: addDays(calendarStart(now), -1), marks: marks(`${'e'.repeat(89)}s`) };
    expect(daysOf({ earlier }, 36)).toBe(`${'e'.repeat(88)}hs`);
  });
});
