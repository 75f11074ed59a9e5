import type { CoverageStatus } from './coverage-status.ts';
import { isOwed } from './coverage-status.ts';

/**
 * What a day came to for one key: `e` escrowed; `h` held, nothing new but at its end the newest record was still within the
 * maximal age; `s` stale, it was not; `f` failed; `k` skipped; `g` gone from its source; `-` before the key existed, or before its
 * first backup was due.
 */
export type DayMark = 'e' | 'h' | 's' | 'f' | 'k' | 'g' | '-';

export const calendarDays = 90;
const dayMs = 24 * 60 * 60 * 1000;

/** `2026-11-24`, UTC. */
export type Day = string;

export function dayOf(time: Date): Day {
  return time.toISOString().slice(0, 10);
}

export function addDays(day: Day, count: number): Day {
  return dayOf(new Date(Date.parse(day) + count * dayMs));
}

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

/** What run reports say of one key on one day. `at`: when the run began whose outcome stands. */
export interface DayOutcome {
  readonly mark: 'e' | 'f' | 'k';
  readonly at: Date;
}

/** The outcomes of one key by day. */
export type DayOutcomes = Map<Day, DayOutcome>;

const ranks = { k: 0, f: 1, e: 2 } as const;

/** The best outcome of a day stands; of several as good, the last. */
export function noteOutcome(days: DayOutcomes, mark: DayOutcome['mark'], at: Date): void {
  const known = days.get(dayOf(at));
  const isBetter = known === undefined || ranks[mark] > ranks[known.mark];
  if (isBetter || (mark === known.mark && at > known.at)) days.set(dayOf(at), { mark, at });
}

export interface KeyDays {
  /** What the previous audit had: its marks, the day of the first of them, and the creation time of its newest record. */
  readonly earlier:
    | { readonly from: Day; readonly marks: readonly DayMark[]; readonly newestAt: Date | undefined }
    | undefined;
  readonly outcomes: DayOutcomes;
  readonly status: CoverageStatus;
  readonly firstSeenAt: Date;
  /** Creation time of the newest record. */
  readonly newestAt: Date | undefined;
}

/**
 * The marks of one key for the calendar that ends today. Days that the previous audit settled are carried over; its last day
 * is worked out again, because it had not ended. Today's mark always agrees with the key's status.
 */
export function markDays(key: KeyDays, maxAgeHours: number, now: Date): DayMark[] {
  const from = calendarStart(now);
  const settled = key.earlier === undefined ? [] : key.earlier.marks.slice(0, -1);
  const offset = key.earlier === undefined ? 0 : Math.round((Date.parse(from) - Date.parse(key.earlier.from)) / dayMs);
  const backups = backupTimes(key);
  return Array.from({ length: calendarDays }, (_, index) => {
    if (index === calendarDays - 1) return todaysMark(key, now);
    return settled[index + offset] ?? pastMark(addDays(from, index), key, backups, maxAgeHours);
  });
}

/** When backups of the key were made, as far as that is known to the hour. Milliseconds. */
function backupTimes({ earlier, outcomes, newestAt }: KeyDays): number[] {
  const reported = [...outcomes.values()].filter(({ mark }) => mark === 'e').map(({ at }) => at);
  return [earlier?.newestAt, newestAt, ...reported].flatMap((time) => time?.getTime() ?? []);
}

function todaysMark({ status, outcomes, newestAt }: KeyDays, now: Date): DayMark {
  if (!isOwed(status)) return 'k';
  if (status === 'gone') return 'g';
  if (status === 'pending') return '-';
  const today = dayOf(now);
  if (status === 'fresh' && newestAt !== undefined && dayOf(newestAt) === today) return 'e';
  if (outcomes.get(today)?.mark === 'f') return 'f';
  return status === 'fresh' ? 'h' : 's';
}

/** A day that has ended: held if the newest backup was young enough at its end. */
function pastMark(day: Day, key: KeyDays, backups: readonly number[], maxAgeHours: number): DayMark {
  const outcome = key.outcomes.get(day)?.mark;
  if (outcome === 'e' || outcome === 'k') return outcome;
  const isSkipped = !isOwed(key.status);
  const start = Date.parse(day);
  const end = start + dayMs;
  if (!isSkipped && backups.some((time) => time >= start && time < end)) return 'e';
  if (outcome === 'f') return 'f';
  if (day < dayOf(key.firstSeenAt)) return '-';
  if (isSkipped) return 'k';
  if (key.status === 'pending') return '-';
  const newest = Math.max(...backups.filter((time) => time < end));
  return end - newest <= maxAgeHours * 60 * 60 * 1000 ? 'h' : 's';
}
