import * as z from 'zod/mini';
import { UsageFault } from '../../app/usage-fault.ts';
import { dayMs } from '../../escrow/model/day.ts';
import { showDuration } from '../terminal/figures.ts';

const unitMs: Readonly<Record<string, number>> = { s: 1000, min: 60_000, m: 60_000, h: 3_600_000, d: dayMs };

const maxDurationMs = 100 * 366 * dayMs;

/** `2026-11-24T02:00:00Z`: UTC, whole seconds. */
export function showInstant(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** `2026-11-24T02:00:00Z (9 h ago)`. */
export function showAge(time: Date, now: Date): string {
  const age = now.getTime() - time.getTime();
  return `${showInstant(time)} (${age < 0 ? `in ${showDuration(age)}` : `${showDuration(age)} ago`})`;
}

/** `26h`, `90min`, `7d` in milliseconds. @throws UsageFault */
export function parseDuration(text: string, option: string): number {
  const [, figure, unit] = /^(\d+(?:\.\d+)?)(s|min|m|h|d)$/.exec(text.trim()) ?? [];
  const ms = Number(figure) * (unitMs[unit ?? ''] ?? Number.NaN);
  if (Number.isNaN(ms)) throw unusable(text, option, 'is not a valid duration', 'Write it as 90min, 26h or 7d.');
  if (ms > maxDurationMs) throw unusable(text, option, 'is more than 100 years', 'Correct it.');
  return ms;
}

/**
 * An instant in UTC: `2026-11-24`, `2026-11-24T02:00Z`, or a duration before now as `7d`.
 * @param isEnd a day without a time means its last moment (for "as of"), not its first (for "since").
 * @throws UsageFault
 */
export function parseInstant(text: string, option: string, now: Date, isEnd = false): Date {
  const given = text.trim();
  if (/^\d+(\.\d+)?[a-z]+$/.test(given)) return new Date(now.getTime() - parseDuration(given, option));
  const isDay = /^\d{4}-\d\d-\d\d$/.test(given);
  // An instant without a zone is UTC, not the desk's own zone.
  const hasZone = isDay || /(?:Z|[+-]\d\d:?\d\d)$/i.test(given);
  const time = new Date(hasZone ? given : `${given}Z`);
  if (!/^\d{4}-\d\d-\d\d/.test(given) || Number.isNaN(time.getTime())) {
    const remedy = 'Write it in UTC as 2026-11-24T02:00:00Z or 2026-11-24, or as an age: 26h, 7d.';
    throw unusable(text, option, 'is not a valid time', remedy);
  }
  // A day that a month does not have would become one of the next month.
  if (!z.iso.date().safeParse(given.slice(0, 10)).success)
    throw unusable(text, option, 'is not a day of the calendar', 'Correct it.');
  if (time > now) throw unusable(text, option, 'lies in the future', `It is ${showInstant(now)} now; times are UTC.`);
  return isDay && isEnd ? new Date(time.getTime() + dayMs - 1) : time;
}

function unusable(text: string, option: string, fault: string, remedy: string): UsageFault {
  return new UsageFault(`--${option} ${JSON.stringify(text)} ${fault}`, remedy);
}
