import { type DayMark, decodeMarks } from '../coverage/calendar.ts';
import { count } from '../model/count.ts';
import { addDays } from '../model/day.ts';
import { someOf } from '../model/finding.ts';
import type { AuditedKey, AuditHead } from '../records/audit-document.ts';
import { type Html, html, htmlTable, trustedHtml } from './html.ts';
import { dayWords, monthWord } from './words.ts';

// Keys by days. Each row is one SVG of at most six paths, a subpath per run of equal days; the dash pattern of the style
// sheet cuts runs into days. So 90 unchanged days cost the same bytes as one, and the worst image under 800. A page may
// have thousands of rows: end tags and quotes that HTML does not ask for are left out.

const markWords: Readonly<Record<DayMark, string>> = {
  e: 'escrowed',
  h: 'held: nothing new, the newest backup still young enough',
  s: 'stale: the newest backup too old',
  f: 'failed',
  k: 'skipped',
  g: 'gone from the source',
  '-': 'before the key existed or its first run',
};

const drawn: readonly DayMark[] = ['e', 'h', 's', 'f', 'k', 'g'];

export function legend(): Html {
  return html`<ul class="legend" aria-label="How to read the calendar">${drawn.map(
    (mark) => html`<li>${rowImage([mark])} ${markWords[mark]}</li>`,
  )}<li>${rowImage(['-'])} ${markWords['-']}</li></ul>`;
}

export function calendarTable(keys: readonly AuditedKey[], calendar: AuditHead['calendar'], caption: string): Html {
  const days = html`<span class="hidden">Days from ${dayWords(calendar.from)}</span>${axis(calendar)}`;
  const rows = keys.map((key) => calendarRow(key, calendar.from));
  return htmlTable('calendar', { caption, columns: ['Key', days, 'In words'], rows });
}

function calendarRow({ key, days }: AuditedKey, from: string): Html {
  const marks = decodeMarks(days);
  return html`<tr><th scope=row>${key}<td>${rowImage(marks)}<td>${wordsOf(marks, from)}
`;
}

/** Equal days in a row. `end` is the first day after them. */
interface Stretch {
  readonly mark: DayMark;
  readonly start: number;
  readonly end: number;
}

function stretchesOf(marks: readonly DayMark[]): Stretch[] {
  const starts = marks.flatMap((mark, at) => (mark === marks[at - 1] ? [] : [{ mark, start: at }]));
  return starts.map((one, index) => ({ ...one, end: starts[index + 1]?.start ?? marks.length }));
}

function rowImage(marks: readonly DayMark[]): Html {
  const shapes = new Map<DayMark, { path: string; at: number }>();
  for (const { mark, start, end } of stretchesOf(marks)) {
    if (mark === '-') continue;
    const shape = shapes.get(mark);
    // Relative moves are the shortest; y is always the middle.
    const move = shape === undefined ? `M${start} 5` : `m${start - shape.at} 0`;
    shapes.set(mark, { path: `${shape?.path ?? ''}${move}h${end - start}`, at: end });
  }
  const paths = [...shapes].map(([mark, { path }]) => `<path class=${mark} d="${path}"/>`).join('');
  return trustedHtml(`<svg viewBox="0 0 ${marks.length} 10" preserveAspectRatio=none aria-hidden=true>${paths}</svg>`);
}

/** The months over the columns, and today at their end. */
function axis({ from, days }: AuditHead['calendar']): Html {
  const starts: { readonly at: number; readonly word: string }[] = [];
  for (let index = 0; index < days; index++) {
    const day = addDays(from, index);
    if (index === 0 || day.endsWith('-01')) starts.push({ at: index, word: monthWord(day) });
  }
  const spans = starts.map(({ at, word }, index) => {
    const width = (starts[index + 1]?.at ?? days) - at;
    // The classes w1 to w90 are in the style sheet: a style attribute would need a laxer content security policy.
    return html`<span class="w${width}">${width > 4 ? word : ''}</span>`;
  });
  return html`<span class="axis" aria-hidden="true">${spans}</span>`;
}

const badWords: Readonly<Partial<Record<DayMark, string>>> = { s: 'stale', f: 'failed', g: 'gone' };

/** What the row shows, for those who cannot see it: the last day, and every stretch that was not as it should be. */
function wordsOf(marks: readonly DayMark[], from: string): string {
  const lived = marks.filter((mark) => mark !== '-').length;
  const bad = stretchesOf(marks).filter(({ mark }) => badWords[mark] !== undefined);
  if (lived === 0) return 'No day yet';
  if (bad.length === 0) return marks.at(-1) === 'k' ? 'Skipped' : `${count(lived, 'day')} without a gap`;
  const badDays = bad.reduce((sum, { start, end }) => sum + end - start, 0);
  const newestFirst = bad.toReversed().map(({ mark, start, end }) => {
    const until = end - start === 1 ? '' : `–${dayWords(addDays(from, end - 1))}`;
    return `${badWords[mark]} ${dayWords(addDays(from, start))}${until}`;
  });
  return `${count(badDays, 'day')} with a gap: ${someOf(newestFirst, 3)}`;
}
