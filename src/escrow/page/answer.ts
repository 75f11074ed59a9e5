import { count, digits } from '../model/count.ts';
import { type CoverageStatus, coverageStatuses, requiresBackup } from '../model/coverage-status.ts';
import type { Audit } from '../records/audit-document.ts';
import { type Html, html, trustedHtml } from './html.ts';
import { kindWord, statusWords, timeElement, timeWords } from './words.ts';

/** What is known, as a heading: how many keys have an intact backup, and how many a restore has proven. */
export function answerLine(audit: Audit): string {
  return answerParts(audit).join(' · ');
}

function answerParts({ totals: { keys, intact, proven }, sources }: Audit): string[] {
  const unread = sources.filter(({ unreadable }) => unreadable !== undefined).length;
  if (keys === 0 && unread === 0) return ['No key is in this escrow'];
  const known = unread > 0 ? 'known keys' : 'keys';
  return [
    `${digits(intact)} of ${digits(keys)} ${known} have an intact backup`,
    `${digits(proven)} proven by a restore`,
    ...(unread > 0 ? [`${count(unread, 'source')} could not be read`] : []),
  ];
}

/** The answer, as of when, and what is not covered. */
export function answer(audit: Audit): Html {
  const { totals, findings, status } = audit;
  const parts = answerParts(audit);
  const notable = notableKeys(audit);
  // Each part is kept on a line where it fits, with the dot behind it.
  const heading = parts.map(
    (part, at) => html`${at > 0 && ' '}<span>${part}${at < parts.length - 1 && '\u00a0·'}</span>`,
  );
  const gaps = findings.filter(({ severity }) => severity === 'gap').length;
  const verdict =
    status === 'ok'
      ? html`<p class="verdict good"><span aria-hidden="true">✓</span> Nothing is missing.${
          findings.length > 0 && html` ${count(findings.length, 'warning')} below.`
        }</p>`
      : html`<p class="verdict bad"><span aria-hidden="true">!</span> ${count(gaps, 'finding')} ${gaps === 1 ? 'needs' : 'need'} attention: <a href="#findings">see ${gaps === 1 ? 'it' : 'them'} first</a>.</p>`;
  return html`<section class="answer" aria-labelledby="answer">
<h1 id="answer">${heading}</h1>
${totals.asOf !== undefined && html`<p class="asof">Each as it was on <strong>${timeElement(totals.asOf)}</strong> or later. Intact means: there, untouched since an audit first saw it, and readable now. That its bytes bring the key back, only a restore proves.</p>`}
${shareBar(audit, notable.gone)}
${verdict}
${limits(audit, notable)}
${statusCounts(audit)}
</section>
`;
}

/** One bar: fresh backups, those of keys that are gone, older ones, none. The words beside it say the same. */
function shareBar({ totals }: Audit, goneKeys: readonly NamedKey[]): Html | undefined {
  const { keys, intact, byStatus } = totals;
  if (keys === 0) return undefined;
  const young = Math.min(byStatus.fresh ?? 0, intact);
  const gone = Math.min(goneKeys.filter(({ isReadable }) => isReadable).length, intact - young);
  const parts = [
    { name: 'young', number: young, words: 'with a fresh backup' },
    { name: 'gone', number: gone, words: gone === 1 ? 'gone, with a backup' : 'gone, each with a backup' },
    { name: 'older', number: intact - young - gone, words: 'only with an older one' },
    { name: 'none', number: keys - intact, words: 'without' },
  ].filter(({ name, number }) => number > 0 || name === 'young');
  let x = 0;
  const bars = parts.map(({ name, number }) => {
    const width = (number / keys) * 100;
    const bar = `<rect class="${name}" x="${x.toFixed(2)}" width="${width.toFixed(2)}" height="10"/>`;
    x += width;
    return bar;
  });
  const image = `<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${bars.join('')}</svg>`;
  return html`${trustedHtml(image)}
<ul class="parts">${parts.map(({ name, number, words }) => html`<li class="${name}">${digits(number)} ${words}</li>`)}</ul>`;
}

interface NamedKey {
  readonly key: string;
  readonly where: string;
  readonly recordAt: string | undefined;
  readonly isReadable: boolean;
}

/** The keys of the configured sources that have something to be said of: in one pass, because each is unpacked for it. */
function notableKeys({ keys, sources }: Audit) {
  const configured = sources.filter(({ leftOutSince }) => leftOutSince === undefined);
  const nameOf = new Map(configured.map(({ source, sourceName }) => [source, sourceName]));
  const notable = {
    without: [] as NamedKey[],
    waiting: [] as NamedKey[],
    stale: [] as NamedKey[],
    gone: [] as NamedKey[],
    unreadable: [] as NamedKey[],
    changed: [] as NamedKey[],
  };
  for (const { source, key, status, record, changedAt } of keys) {
    const where = nameOf.get(source);
    if (where === undefined) continue;
    const isReadable = record !== undefined && record.notReadable === undefined;
    const named = { key, where, recordAt: record?.createdAt, isReadable };
    if (record === undefined && status === 'pending') notable.waiting.push(named);
    else if (record === undefined && requiresBackup(status)) notable.without.push(named);
    if (record !== undefined && status === 'stale') notable.stale.push(named);
    if (record !== undefined && status === 'gone') notable.gone.push(named);
    if (record !== undefined && !isReadable && requiresBackup(status)) notable.unreadable.push(named);
    if (changedAt !== undefined && requiresBackup(status)) notable.changed.push(named);
  }
  return notable;
}

const maxNames = 12;

function limits({ sources, totals }: Audit, notable: ReturnType<typeof notableKeys>): Html | undefined {
  const { without, waiting, stale, gone, unreadable, changed } = notable;
  const unseen = totals.byStatus.notLookedAt ?? 0;
  const certificates = totals.byStatus.certificateBacked ?? 0;
  const lines: (Html | false)[] = [
    without.length > 0 &&
      html`<li><strong>${count(without.length, 'key')} without a backup:</strong> ${names(without)}.</li>`,
    unreadable.length > 0 &&
      html`<li><strong>${count(unreadable.length, 'backup')} not readable now</strong> (in the archive tier, or not finished): ${names(unreadable)}.</li>`,
    waiting.length > 0 &&
      html`<li><strong>${count(waiting.length, 'new key')} not yet:</strong> ${names(waiting)} ${waiting.length === 1 ? 'waits' : 'wait'} for the first run.</li>`,
    stale.length > 0 &&
      html`<li><strong>${count(stale.length, 'key')} only with an older backup:</strong> ${names(stale, true)}.</li>`,
    changed.length > 0 &&
      html`<li><strong>${count(changed.length, 'key')} changed since the newest backup</strong>, which may lack the change: ${names(changed)}.</li>`,
    gone.length > 0 &&
      html`<li><strong>${count(gone.length, 'key')} gone from ${gone.length === 1 ? 'its source' : 'their sources'}</strong>, but on record: ${names(gone)}.</li>`,
    unseen > 0 &&
      html`<li><strong>${count(unseen, 'key')} not looked at:</strong> nothing is known of ${unseen === 1 ? 'its' : 'their'} records today.</li>`,
    totals.versionsWaiting > 0 &&
      html`<li><strong>Versions of ${count(totals.versionsWaiting, 'key')} not looked at yet:</strong> new and changed keys wait for their turn, a part each day.</li>`,
    ...sources
      .filter((source) => source.unreadable !== undefined && source.leftOutSince === undefined)
      .map(
        (source) =>
          html`<li><strong>${kindWord(source.sourceKind)} ${source.sourceName} could not be read:</strong> what is said about its keys is what was known before.</li>`,
      ),
    certificates > 0 &&
      html`<li><strong>${count(certificates, 'certificate-backed key')} not in this escrow</strong>, because only the certificate can be backed up: <a href="#certificates">see the list</a>.</li>`,
  ];
  const shown = lines.filter((line) => line !== false);
  return shown.length === 0 ? undefined : html`<ul class="limits">${shown}</ul>`;
}

/** By source, and with their times also by time: what went wrong together is shown together. */
function names(keys: readonly NamedKey[], withTime = false): Html {
  const groups = Map.groupBy(keys, ({ where, recordAt }) =>
    withTime && recordAt !== undefined ? `${where}, of ${timeWords(recordAt)}` : where,
  );
  let left = maxNames;
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

function statusCounts({ totals }: Audit): Html {
  const shown = coverageStatuses.filter((status) => (totals.byStatus[status] ?? 0) > 0 || status === 'fresh');
  return html`<dl class="counts">${shown.map((status) => statusCount(status, totals.byStatus[status] ?? 0))}</dl>`;
}

function statusCount(status: CoverageStatus, number: number): Html {
  const { sign, word, meaning } = statusWords[status];
  return html`<div><dt><span class="sign is-${status}" aria-hidden="true">${sign}</span> ${word}</dt><dd><span class="number" data-status="${status}">${digits(number)}</span> <span class="meaning">${meaning}</span></dd></div>`;
}
