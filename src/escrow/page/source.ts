import { count, digits } from '../model/count.ts';
import { requiresBackup } from '../model/coverage-status.ts';
import { failureSentence } from '../model/failure.ts';
import { someOf } from '../model/finding.ts';
import type { Audit, AuditedKey, AuditedSource } from '../records/audit-document.ts';
import { countFitting } from './alike-findings.ts';
import { calendarTable } from './calendar.ts';
import { type Html, html } from './html.ts';
import { ledgerTable } from './ledger.ts';
import { runsTable } from './runs.ts';
import { kindWord, placeWords, statusWords } from './words.ts';

/** What all sources of a page may take together, so that it stays one that opens at once. */
export interface PageBudget {
  /** Rows of keys; and of runs. */
  readonly rows: number;
  /** Characters for the names of keys that have no row. */
  readonly names: number;
}

/** What a page holds of every key; a row unpacks the whole of it. */
export type PageKey = Pick<AuditedKey, 'key' | 'status'> & { readonly place: number };

export interface PageSource {
  readonly source: AuditedSource;
  readonly keys: readonly PageKey[];
}

type SourceBudget = ReturnType<ReturnType<typeof sourceBudget>>;

/** Shares the page among its sources, in proportion to their keys; keys and runs in full where there is room. */
export function sourceBudget(sources: readonly PageSource[], { rows, names }: PageBudget) {
  const all = sources.reduce((sum, { keys }) => sum + keys.length, 0);
  const runs = Math.max(3, Math.floor(rows / Math.max(1, sources.length)));
  return ({ keys }: PageSource) => ({
    keys: all <= rows ? keys.length : Math.max(1, Math.floor((keys.length / all) * rows)),
    runs,
    names: Math.floor((keys.length / Math.max(1, all)) * names),
  });
}

export function sourceSection(audit: Audit, { source, keys }: PageSource, budget: SourceBudget): Html {
  const { sourceKind, sourceName, place, listed, unreadable } = source;
  const id = sourceAnchor(source);
  const gaps = new Set(
    audit.findings.flatMap((one) => (one.severity === 'gap' && one.source === source.source ? (one.key ?? []) : [])),
  );
  const [chosen, folded] = shareOut(keys, budget.keys, gaps);
  const shown = chosen.flatMap(({ place }) => audit.keys.at(place) ?? []);
  const title = `${kindWord(sourceKind)} ${sourceName}`;
  const fold = folded.length > 0 && foldedKeys(folded, budget.names);
  return html`<section class="source" aria-labelledby="${id}">
<h2 id="${id}"><span class="kind">${kindWord(sourceKind)}</span> ${sourceName}</h2>
<p>${
    unreadable === undefined
      ? html`Lists ${count(listed ?? 0, 'key')}.`
      : html`<strong>Could not be read:</strong> ${failureSentence(unreadable)}`
  } Its backups can be restored in ${placeWords(sourceKind, place)}.</p>
${
  shown.length === 0
    ? html`<p>No key is known of it.</p>`
    : html`${calendarTable(shown, audit.calendar, `Calendar of ${title}: ${digits(shown.length)} of ${count(keys.length, 'key')}, ${audit.calendar.days} days`)}
${fold}
${ledgerTable(source, shown, audit, `Ledger of ${title}: ${digits(shown.length)} of ${count(keys.length, 'key')}`)}`
}
${runsTable(source, budget.runs, title)}
</section>
`;
}

export function sourceAnchor({ source }: AuditedSource): string {
  return `source.${source.replaceAll('/', '.')}`;
}

/** @param gaps names of keys that a finding of severity `gap` is about. */
function byNeed(keys: readonly PageKey[], gaps: ReadonlySet<string>): PageKey[] {
  const rank = ({ key, status }: PageKey): number => {
    if (gaps.has(key)) return 0;
    return status === 'fresh' ? 3 : requiresBackup(status) ? 1 : 2;
  };
  return [...keys].sort((a, b) => rank(a) - rank(b));
}

/** What needs somebody is always shown before what does not. */
function shareOut(
  keys: readonly PageKey[],
  most: number,
  gaps: ReadonlySet<string>,
): [shown: PageKey[], folded: PageKey[]] {
  if (keys.length <= most) return [[...keys], []];
  const order = byNeed(keys, gaps);
  const shown = new Set(order.slice(0, most));
  return [keys.filter((key) => shown.has(key)), order.slice(most)];
}

/** Names of keys that have no row, in their order, by status, as far as the characters go. */
function foldedKeys(keys: readonly PageKey[], characters: number): Html {
  const room = { left: characters };
  const groups = [...Map.groupBy(keys, ({ status }) => status)].map(([status, group]) => {
    const names = group.map(({ key }) => key);
    const fitting = countFitting(
      names.map(({ length }) => length + 2),
      room,
    );
    return html`<li><b>${statusWords[status].word}, ${count(group.length, 'key')}:</b> ${fitting === 0 ? 'named in the audit' : someOf(names, fitting)}</li>`;
  });
  return html`<details class="folded"><summary>${count(keys.length, 'more key')} without a row of their own; the audit has their records and calendars</summary><ul>${groups}</ul></details>`;
}
