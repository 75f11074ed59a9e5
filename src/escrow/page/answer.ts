import type { Audit, AuditedKey } from '../audit/audit-document.ts';
import { coverageStatuses, isOwed } from '../audit/coverage-status.ts';
import type { Html } from './html.ts';
import { html, trustedHtml } from './html.ts';
import { count, digits, kindWord, timeElement, timeWords, wordsOfStatus } from './words.ts';

/** The one answer, as a heading: how many of how many keys can be brought back. Nobody knows how many an unread source has. */
export function answerLine({ totals: { keys, restorable }, sources }: Audit): string {
  const unread = sources.filter(({ unreadable }) => unreadable !== undefined).length;
  if (unread > 0) {
    const known = `${digits(restorable)} of ${count(keys, 'known key')} can be brought back`;
    return `${known}; ${count(unread, 'source')} could not be read`;
  }
  if (keys === 0) return 'No key is in this escrow';
  if (keys === restorable)
    return keys === 1 ? 'The one key can be brought back' : `All ${digits(keys)} keys can be brought back`;
  return `${digits(restorable)} of ${count(keys, 'key')} can be brought back`;
}

/** The answer, as of when, and what cannot be brought back. */
export function answer(audit: Audit): Html {
  const { totals, findings, status } = audit;
  const gaps = findings.filter(({ severity }) => severity === 'gap').length;
  const verdict =
    status === 'ok'
      ? html`<p class="verdict good"><span aria-hidden="true">✓</span> Nothing is missing.${
          findings.length > 0 && html` ${count(findings.length, 'warning')} below.`
        }</p>`
      : html`<p class="verdict bad"><span aria-hidden="true">!</span> ${count(gaps, 'finding')} ${gaps === 1 ? 'needs' : 'need'} somebody: <a href="#findings">see ${gaps === 1 ? 'it' : 'them'} first</a>.</p>`;
  return html`<section class="answer" aria-labelledby="answer">
<h1 id="answer">${answerLine(audit)}</h1>
${totals.asOf !== undefined && html`<p class="asof">Each as it was on <strong>${timeElement(totals.asOf)}</strong> or later.</p>`}
${shareBar(audit)}
${verdict}
${limits(audit)}
${statusCounts(audit)}
</section>
`;
}

/** One bar: young backups, older ones, none. The words beside it say the same. */
function shareBar({ totals: { keys, restorable, byStatus } }: Audit): Html | undefined {
  if (keys === 0) return undefined;
  const young = byStatus.fresh ?? 0;
  const older = restorable - young;
  const x = (number: number): string => ((number / keys) * 100).toFixed(2);
  const bars = [
    `<rect class="young" width="${x(young)}" height="10"/>`,
    `<rect class="older" x="${x(young)}" width="${x(older)}" height="10"/>`,
    `<rect class="none" x="${x(restorable)}" width="${x(keys - restorable)}" height="10"/>`,
  ].join('');
  const none = keys - restorable;
  const image = `<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>`;
  return html`${trustedHtml(image)}
<ul class="parts"><li class="young">${digits(young)} from a fresh backup</li>${
    older > 0 && html`<li class="older">${digits(older)} only from an older one</li>`
  }${none > 0 && html`<li class="none">${digits(none)} not at all</li>`}</ul>`;
}

const mostNames = 12;

function limits({ sources, totals }: Audit): Html | undefined {
  const keys = sources.flatMap((source) => source.keys.map((key) => ({ ...key, source: source.sourceName })));
  const lost = keys.filter(({ status, record }) => isOwed(status) && status !== 'pending' && record === undefined);
  const waiting = keys.filter(({ status, record }) => status === 'pending' && record === undefined);
  const older = keys.filter(({ status, record }) => status === 'stale' && record !== undefined);
  const gone = keys.filter(({ status, record }) => status === 'gone' && record !== undefined);
  const unreadable = sources.filter((source) => source.unreadable !== undefined);
  const certificates = totals.byStatus.certificateBacked ?? 0;
  const lines: (Html | false)[] = [
    lost.length > 0 &&
      html`<li><strong>${count(lost.length, 'key')} cannot be brought back:</strong> ${names(lost)}.</li>`,
    waiting.length > 0 &&
      html`<li><strong>${count(waiting.length, 'new key')} not yet:</strong> ${names(waiting)} ${waiting.length === 1 ? 'waits' : 'wait'} for the first run.</li>`,
    older.length > 0 &&
      html`<li><strong>${count(older.length, 'key')} only from an older backup:</strong> ${names(older, true)}.</li>`,
    gone.length > 0 &&
      html`<li><strong>${count(gone.length, 'key')} gone from ${gone.length === 1 ? 'its source' : 'their sources'}</strong>, but on record: ${names(gone)}.</li>`,
    ...unreadable.map(
      (source) =>
        html`<li><strong>${kindWord(source.sourceKind)} ${source.sourceName} could not be read:</strong> what is said about its keys is what was known before.</li>`,
    ),
    certificates > 0 &&
      html`<li><strong>${count(certificates, 'certificate-backed key')} not in this escrow</strong>, because only the certificate can be backed up: <a href="#certificates">see the list</a>.</li>`,
  ];
  const shown = lines.filter((line) => line !== false);
  return shown.length === 0 ? undefined : html`<ul class="limits">${shown}</ul>`;
}

/** By source, and with their times also by time: what went wrong together is told together. */
function names(keys: readonly (AuditedKey & { readonly source: string })[], withTime = false): Html {
  const groups = Map.groupBy(keys, ({ source, record }) =>
    withTime && record !== undefined ? `${source}, of ${timeWords(record.createdAt)}` : source,
  );
  let left = mostNames;
  const shown = [...groups].map(([where, group], index) => {
    const some = group.slice(0, left);
    left -= some.length;
    const list = some.map(
      ({ key }, at) =>
        html`${at > 0 && ' '}<span class="item"><b class="name">${key}</b>${at < some.length - 1 && ','}</span>`,
    );
    const more = group.length - some.length;
    const rest = some.length === 0 ? count(more, 'key') : more > 0 && ` and ${digits(more)} more`;
    return html`${index > 0 && '; '}${list}${rest} (${where})`;
  });
  return html`${shown}`;
}

/** Statuses that the audit does not count have no key: it is of a version that does not know them. */
function statusCounts({ totals }: Audit): Html {
  const numbers: Readonly<Record<string, number | undefined>> = totals.byStatus;
  const known = new Set<string>([...coverageStatuses, ...Object.keys(numbers)]);
  const shown = [...known].filter((status) => (numbers[status] ?? 0) > 0 || status === 'fresh');
  return html`<dl class="counts">${shown.map((status) => statusCount(status, numbers[status] ?? 0))}</dl>`;
}

function statusCount(status: string, number: number): Html {
  const { sign, word, meaning } = wordsOfStatus(status);
  return html`<div><dt><span class="sign is-${status}" aria-hidden="true">${sign}</span> ${word}</dt><dd><span class="number" data-status="${status}">${digits(number)}</span> <span class="meaning">${meaning}</span></dd></div>`;
}
