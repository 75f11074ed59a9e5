export const dayMs = 24 * 60 * 60 * 1000;

/** So many days have a mark in the calendar of a key. */
export const calendarDays = 90;

/** `2026-11-24`, UTC. */
export type Day = string;

export function dayOf(time: Date): Day {
  return time.toISOString().slice(0, 10);
}

export function addDays(day: Day, count: number): Day {
  return dayOf(new Date(Date.parse(day) + count * dayMs));
}

/** `20261124`, as names of runs and records begin. */
export function stampOf(day: Day): string {
  return day.replaceAll('-', '');
}
