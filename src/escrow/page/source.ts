import type { Audit, AuditedKey, AuditedSource } from '../audit/audit-document.ts';
import { isOwed } from '../audit/coverage-status.ts';
import { calendarTable } from './calendar.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { ledgerTable } from './ledger.ts';
import { runsTable } from './runs.ts';
import { count, digits, kindWord, placeWords } from './words.ts';

/** How many rows of each kind a source may take, so that a page stays one that opens at once. */
export interface RowBudget {
  readonly keys: number;
  readonly runs: number;
}

/** Keys and runs in full up to so many of all sources together; the rest folds. */
const mostKeys = 2000;
const mostRuns = 2000;

/** Shares the page among its sources in proportion to their keys. */
export function rowBudget(audit: Audit): (source: AuditedSource) => RowBudget {
  const all = audit.sources.reduce((sum, { keys }) => sum + keys.length, 0);
  const runs = Math.max(3, Math.floor(mostRuns / Math.max(1, audit.sources.length)));
  return ({ keys }) => ({
    keys: all <= mostKeys ? keys.length : Math.max(1, Math.floor((keys.length / all) * mostKeys)),
    runs,
  });
}

export function sourceSection(audit: Audit, source: AuditedSource, budget: RowBudget): Html {
  const { sourceKind, sourceName, place, keys, listed, unreadable, runs } = source;
  const id = sourceAnchor(source);
  const [shown, folded] = shareOut(keys, budget.keys);
  const title = `${kindWord(sourceKind)} ${sourceName}`;
  const fold = folded.length > 0 && foldedKeys(folded);
  return html`<section class="source" aria-labelledby="${id}">
<h2 id="${id}"><span class="kind">${kindWord(sourceKind)}</span> ${sourceName}</h2>
<p>${
    unreadable === undefined
      ? html`Lists ${count(listed ?? 0, 'key')}.`
      : html`<strong>Could not be read:</strong> ${unreadable.message}`
  } Its backups can be restored in ${placeWords(sourceKind, place)}.</p>
${
  shown.length === 0
    ? html`<p>No key is known of it.</p>`
    : html`${calendarTable(shown, audit.calendar, `Calendar of ${title}: ${digits(shown.length)} of ${count(keys.length, 'key')}, ${audit.calendar.days} days`)}
${fold}
${ledgerTable(source, shown, audit.startedAt, `Ledger of ${title}: ${digits(shown.length)} of ${count(keys.length, 'key')}`)}`
}
${runsTable(runs, budget.runs, title)}
</section>
`;
}

export function sourceAnchor({ source }: AuditedSource): string {
  return `source.${source.replaceAll('/', '.')}`;
}

/** What needs somebody is always shown before what does not. */
function shareOut(keys: readonly AuditedKey[], most: number): [shown: AuditedKey[], folded: AuditedKey[]] {
  if (keys.length <= most) return [[...keys], []];
  const needs = ({ status }: AuditedKey): number => Number(!isOwed(status)) + 2 * Number(status === 'fresh');
  const order = [...keys].sort((a, b) => needs(a) - needs(b));
  const shown = new Set(order.slice(0, most));
  return [keys.filter((key) => shown.has(key)), keys.filter((key) => !shown.has(key))];
}

/** Names of keys that have no row, in groups of one status and one history. Beyond this many, numbers only. */
const mostNames = 20_000;

function foldedKeys(keys: readonly AuditedKey[]): Html {
  const byStatus = Map.groupBy(keys, ({ status }) => status);
  const groups = [...byStatus].map(([status, group]) => {
    const names = group.slice(0, mostNames).map(({ key }, index) => html`${index > 0 && ', '}${key}`);
    const left = group.length - names.length;
    return html`<li><b>${count(group.length, 'key')}, ${status}:</b> ${names}${left > 0 && html`, and ${digits(left)} more`}</li>`;
  });
  return html`<details class="folded"><summary>${count(keys.length, 'more key')} without a row of their own; the audit has their records and calendars</summary><ul>${groups}</ul></details>`;
}
