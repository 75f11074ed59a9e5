import { expect, test } from 'vitest';
import { day, now } from '../support/now.ts';
import { instants, instantsOfDay } from './instants.ts';

test('there are ten instants and more, none twice, in three time zones', () => {
  expect(new Set(instants.map(({ at, zone }) => `${at} ${zone}`)).size).toBeGreaterThanOrEqual(10);
  expect(new Set(instants.map(({ zone }) => zone)).size).toBe(3);
});

test('every day has three of them, and within a fortnight all get their turn', () => {
  const days = Array.from({ length: 14 }, (_, index) => instantsOfDay(new Date(now().getTime() + index * day)));
  for (const chosen of days) expect(chosen).toHaveLength(3);
  expect(new Set(days.flat())).toEqual(new Set(instants));
});
