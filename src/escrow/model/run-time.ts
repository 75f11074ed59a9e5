import { Cron } from 'croner';
import { dayMs } from './day.ts';

/** What the host passes to a timer function about its schedule; null on a manual start or a first deployment. */
export interface ScheduleStatus {
  /** ISO instant of the occurrence that is being run now. */
  readonly next?: string;
}

// What NCRONTAB knows; the cron library knows more (L, W, #, ?), which the host would refuse only after the app has started.
const fieldPattern = /^(?:[\d*,/-]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|SUN|MON|TUE|WED|THU|FRI|SAT)+$/i;

/**
 * An NCRONTAB expression as Azure Functions reads it: six fields, UTC, day of month and day of week must both match.
 * @throws Error that says which field is wrong.
 */
export function parseSchedule(expression: string): Cron {
  const unknownField = expression
    .trim()
    .split(/\s+/)
    .find((field) => !fieldPattern.test(field));
  if (unknownField !== undefined) throw new Error(`the field "${unknownField}" is not valid NCRONTAB`);
  return new Cron(expression, { timezone: 'UTC', mode: '6-part', domAndDow: true, paused: true });
}

const maxOccurrences = 1000;

/** The occurrences of a schedule between two times, both exclusive; the first thousand of them. */
export function occurrencesBetween(schedule: string, after: Date, before: Date): Date[] {
  const cron = parseSchedule(schedule);
  const found: Date[] = [];
  for (let next = cron.nextRun(after); next !== null && next < before && found.length < maxOccurrences; ) {
    found.push(next);
    next = cron.nextRun(next);
  }
  return found;
}

export function nextOccurrence(schedule: string, after: Date): Date | undefined {
  return parseSchedule(schedule).nextRun(after) ?? undefined;
}

export function latestOccurrence(schedule: string, before: Date): Date | undefined {
  return parseSchedule(schedule).previousRuns(1, before)[0];
}

// The host fires up to a second early; anything further ahead is the next occurrence of a run that somebody started by hand.
const earlyMs = 60_000;
// An occurrence missed by more than this is past: the fan-out may name an instant of the last 7 days only.
const oldestMs = 6 * dayMs;

/**
 * The instant that a timer invocation stands for, so that every retry of it has the same run id: the host's own occurrence
 * when it is at most 60 s ahead, else the schedule's latest occurrence before now. Where even that is long ago (a monthly
 * schedule started by hand), the beginning of today.
 */
export function runTimeOfTimer(status: ScheduleStatus | null | undefined, schedule: string, now: Date): Date {
  const isRecent = (time: Date): boolean => time.getTime() >= now.getTime() - oldestMs;
  const next = new Date(status?.next ?? Number.NaN);
  if (next.getTime() <= now.getTime() + earlyMs && isRecent(next)) return next;
  const latest = latestOccurrence(schedule, now);
  return latest !== undefined && isRecent(latest) ? latest : new Date(now.toISOString().slice(0, 10));
}
