import { count, digits } from '../model/count.ts';
import type { AuditedRun, AuditedSource } from '../records/audit-document.ts';
import { type Html, html, htmlTable, trustedHtml } from './html.ts';
import { durationWords, timeElement } from './words.ts';

const signs = { ok: '✓', incomplete: '!', unfinished: '?' } as const;
const words = { ok: 'ok', incomplete: 'incomplete', unfinished: 'no report' } as const;

/** So many runs in sight; older ones unfold. */
const inSight = 10;

/** A run, or an instant when one was due that never began. */
type Night = AuditedRun | { readonly missed: string };

/**
 * Runs, newest first: what they did, how long they took, how often the service held them back; and in their place those that
 * never began.
 */
export function runsTable(
  { runs, missedRuns = [] }: Pick<AuditedSource, 'runs' | 'missedRuns'>,
  most: number,
  title: string,
): Html {
  const nights = [...runs, ...missedRuns.map((missed) => ({ missed }))].sort((a, b) => instantOf(b) - instantOf(a));
  if (nights.length === 0) return html`<p>No run over it is on record.</p>`;
  const longest = Math.max(1, ...runs.map((run) => run.durationMs ?? 0));
  const [newest, older] = [nights.slice(0, Math.min(inSight, most)), nights.slice(inSight, most)];
  const left = nights.length - newest.length - older.length;
  return html`${table(newest, longest, `Runs over ${title}, newest first`)}${
    older.length > 0 &&
    html`<details class="unfolds"><summary>${count(older.length, 'older run')} over ${title}</summary>${table(older, longest, `Older runs over ${title}`)}</details>`
  }${left > 0 && html`<p class="note">${count(left, 'older run')} not shown: see the audit itself.</p>`}`;
}

function instantOf(night: Night): number {
  return Date.parse('missed' in night ? night.missed : night.startedAt);
}

function table(nights: readonly Night[], longest: number, caption: string): Html {
  const rows = nights.map((night) => ('missed' in night ? missedRow(night.missed) : runRow(night, longest)));
  const numbers = ['Considered', 'Escrowed', 'Skipped', 'Failed', 'Attempts', 'Throttled'];
  return htmlTable('runs', { caption, columns: ['Run', 'Began', 'Asked by', 'Status', ...numbers, 'Duration'], rows });
}

function missedRow(due: string): Html {
  return html`<tr class="run-missed"><th scope="row">never began</th><td>due ${timeElement(due)}</td><td>schedule</td><td><span class="sign" aria-hidden="true">✕</span> missed</td><td colspan="7"></td></tr>
`;
}

function runRow(run: AuditedRun, longest: number): Html {
  const { runId, startedAt, status, durationMs } = run;
  return html`<tr class="run-${status}"><th scope="row"><code>${runId}</code></th><td>${timeElement(startedAt)}</td><td>${
    run.trigger ?? ''
  }</td><td><span class="sign run-${status}" aria-hidden="true">${signs[status]}</span> ${words[status]}</td>${number(run.considered)}${number(
    run.escrowed,
  )}${number(run.skipped)}${number(run.failed)}${number(run.attempts)}${number(run.throttled)}<td class="duration">${
    durationMs !== undefined && html`${durationBar(durationMs / longest)} ${durationWords(durationMs)}`
  }</td></tr>
`;
}

function number(value: number | undefined): Html {
  return html`<td class="number">${value === undefined ? '' : digits(value)}</td>`;
}

function durationBar(share: number): Html {
  const width = Math.max(1, Math.round(share * 40));
  return trustedHtml(
    `<svg class="bar" viewBox="0 0 40 8" aria-hidden="true"><rect width="${width}" height="8"/></svg>`,
  );
}
