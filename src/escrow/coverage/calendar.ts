import { type CoverageStatus, requiresBackup } from '../model/coverage-status.ts';
import { addDays, calendarDays, type Day, dayMs, dayOf } from '../model/day.ts';

/**
 * What a day came to for one key: `e` escrowed; `h` held, nothing new but at its end the newest record was still within the
 * maximal age; `s` stale, it was not; `f` failed; `k` skipped; `g` gone from its source; `-` before the key existed, or before its
 * first backup was due.
 */
export type DayMark = 'e' | 'h' | 's' | 'f' | 'k' | 'g' | '-';

/** The first day of the calendar that ends today. */
export function calendarStart(now: Date): Day {
  return addDays(dayOf(now), 1 - calendarDays);
}

/** Marks in the run-length form of the audit: `e12s1e3`. */
export function encodeMarks(marks: readonly DayMark[]): string {
  return marks.join('').replace(/(.)\1*/g, (run, mark) => `${mark}${run.length}`);
}

/** @returns one mark a day; a mark of another version is a day without one. */
export function decodeMarks(text: string): DayMark[] {
  const marks: DayMark[] = [];
  for (const [, mark = '', count] of text.matchAll(/([a-z-])(\d{1,4})/g)) {
    marks.push(...Array<DayMark>(Number(count)).fill(isMark(mark) ? mark : '-'));
  }
  return marks;
}

function isMark(mark: string): mark is DayMark {
  return 'ehsfkg-'.includes(mark);
}

export interface KeyDays {
  /** What the latest audit had: its marks, the day of the first of them, and the time of its newest record. */
  readonly previous:
    | { readonly from: Day; readonly marks: readonly DayMark[]; readonly recordAt: Date | undefined }
    | undefined;
  /** When the last record of each day was made, as far back as the key's folder was listed. */
  readonly backups: ReadonlyMap<Day, Date>;
  /** Days on which a report says that the key failed. */
  readonly failures: ReadonlySet<Day>;
  readonly status: CoverageStatus;
  readonly dueSince: Date;
  readonly recordAt: Date | undefined;
}

/**
 * The marks of one key for the calendar that ends today. Days that the latest audit settled are carried over; its last day
 * is worked out again, because it had not ended. Today's mark always agrees with the key's status.
 */
export function markDays(key: KeyDays, maxAgeHours: number, now: Date): DayMark[] {
  const from = calendarStart(now);
  const settled = key.previous?.marks.slice(0, -1) ?? [];
  const offset =
    key.previous === undefined ? 0 : Math.round((Date.parse(from) - Date.parse(key.previous.from)) / dayMs);
  const backups = [key.previous?.recordAt, key.recordAt, ...key.backups.values()].flatMap((at) => at?.getTime() ?? []);
  return Array.from({ length: calendarDays }, (_, index) => {
    if (index === calendarDays - 1) return todaysMark(key, now);
    return settled[index + offset] ?? pastMark(addDays(from, index), key, backups, maxAgeHours);
  });
}

function todaysMark({ status, failures, recordAt }: KeyDays, now: Date): DayMark {
  if (!requiresBackup(status)) return 'k';
  if (status === 'gone') return 'g';
  if (status === 'pending') return '-';
  const today = dayOf(now);
  if (status === 'fresh' && recordAt !== undefined && dayOf(recordAt) === today) return 'e';
  if (failures.has(today)) return 'f';
  return status === 'fresh' ? 'h' : 's';
}

/** A day that has ended: held if the newest backup was young enough at its end. */
function pastMark(day: Day, key: KeyDays, backups: readonly number[], maxAgeHours: number): DayMark {
  const start = Date.parse(day);
  const end = start + dayMs;
  if (backups.some((time) => time >= start && time < end)) return 'e';
  if (key.failures.has(day)) return 'f';
  if (day < dayOf(key.dueSince)) return '-';
  if (!requiresBackup(key.status)) return 'k';
  if (key.status === 'pending') return '-';
  const newest = Math.max(...backups.filter((time) => time < end));
  return end - newest <= maxAgeHours * 60 * 60 * 1000 ? 'h' : 's';
}
