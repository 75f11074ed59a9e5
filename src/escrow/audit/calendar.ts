/**
 * What a day came to for one key: `e` escrowed; `h` held, nothing new but the newest record was still within the maximal
 * age; `s` stale, it was not; `f` failed; `k` skipped; `g` gone from its source; `-` before the key existed, or before its
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

/** The outcomes of one key by day, as run reports tell them; the best of a day stands. */
export type DayOutcomes = Map<Day, 'e' | 'f' | 'k'>;

export function noteOutcome(days: DayOutcomes, day: Day, mark: 'e' | 'f' | 'k'): void {
  const known = days.get(day);
  if (known === undefined || mark === 'e' || (mark === 'f' && known === 'k')) days.set(day, mark);
}

export interface KeyDays {
  /** Marks that the audit before had worked out, and the day of the first of them. */
  readonly earlier: { readonly from: Day; readonly marks: readonly DayMark[] } | undefined;
  readonly outcomes: DayOutcomes;
  /** What a day without an outcome is now. */
  readonly now: 'escrowed' | 'skipped' | 'gone' | 'pending';
  readonly firstSeenAt: Date;
  /** Of the newest record. */
  readonly newestAt: Date | undefined;
}

/**
 * The marks of one key for the calendar that ends today. Days that the audit before settled are carried over; its last day is
 * worked out again, because it had not ended.
 */
export function markDays(key: KeyDays, maxAgeHours: number, now: Date): DayMark[] {
  const from = calendarStart(now);
  const settled = key.earlier === undefined ? [] : key.earlier.marks.slice(0, -1);
  const offset = key.earlier === undefined ? 0 : Math.round((Date.parse(from) - Date.parse(key.earlier.from)) / dayMs);
  const marks: DayMark[] = [];
  let lastSuccess = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < calendarDays; index++) {
    const day = addDays(from, index);
    const carried = settled[index + offset];
    const mark = carried ?? markOf(day, key, lastSuccess, maxAgeHours, now);
    // The reports of a day name no hour here; the end of the day errs on the side of "held" by less than a day.
    if (mark === 'e') lastSuccess = Date.parse(day) + dayMs / 2;
    marks.push(mark);
  }
  return marks;
}

function markOf(day: Day, key: KeyDays, lastSuccess: number, maxAgeHours: number, now: Date): DayMark {
  const said = key.outcomes.get(day);
  if (said !== undefined) return said;
  const start = Date.parse(day);
  const end = Math.min(start + dayMs, now.getTime());
  const newest = key.newestAt?.getTime() ?? Number.POSITIVE_INFINITY;
  if (key.now !== 'skipped' && newest >= start && newest < start + dayMs) return 'e';
  if (day < dayOf(key.firstSeenAt)) return '-';
  if (key.now === 'skipped') return 'k';
  if (key.now === 'pending') return '-';
  if (key.now === 'gone' && day === dayOf(now)) return 'g';
  const latest = newest < start ? Math.max(newest, lastSuccess) : lastSuccess;
  return end - latest <= maxAgeHours * 60 * 60 * 1000 ? 'h' : 's';
}
