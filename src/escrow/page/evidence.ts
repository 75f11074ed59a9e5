import { count } from '../model/count.ts';
import { nextOccurrence } from '../model/run-time.ts';
import type { Audit, AuditDigest } from '../records/audit-document.ts';
import { canaryName } from '../records/blob-names.ts';
import { type Html, html } from './html.ts';
import { storageFacts } from './storage-facts.ts';
import { durationWords, timeElement } from './words.ts';

function share({ totals: { keys, proven } }: Audit): string {
  return keys === 0
    ? 'no key requires a backup'
    : `${proven} of ${count(keys, 'key')}, ${Math.floor((100 * proven) / keys)} %`;
}

/** How long the restores of the last successful drill took, as its receipt says. */
function restoreTime({ drill }: Audit): Html | undefined {
  if (drill?.durationMs === undefined) return undefined;
  const { durationMs, keys } = drill;
  const each = keys > 1 && html`, ${durationWords(durationMs / keys)} a key`;
  return html`<dt>How long restores took</dt><dd>${durationWords(durationMs)} for ${count(keys, 'key')}${each}: restored one after the other, compared and taken away again, in the last successful drill. A claim of whoever ran it</dd>
`;
}

/** When a run is due next, for who does not read schedules. An audit of another version may know other schedules. */
function nextDue({ asked: { schedule }, startedAt }: Audit): Html | undefined {
  try {
    const next = nextOccurrence(schedule, new Date(startedAt));
    return next && html`, the next one ${timeElement(next.toISOString())}`;
  } catch {
    return undefined;
  }
}

/** When the newest scheduled run began: each tries to overwrite and to delete a blob first. */
function lastTried({ sources }: Audit): Html | undefined {
  const scheduled = sources.flatMap(({ runs }) => runs.filter(({ trigger }) => trigger === 'schedule'));
  const [newest] = scheduled.map(({ startedAt }) => startedAt).sort((a, b) => b.localeCompare(a));
  return newest === undefined ? undefined : html`, last with the run of ${timeElement(newest)}`;
}

/** What the page rests on, who could have written it, and how to check it. */
export function evidenceSection(audit: Audit, written: AuditDigest | undefined): Html {
  const { previous, drill, canary, asked } = audit;
  return html`<section aria-labelledby="evidence">
<h2 id="evidence">Evidence</h2>
<dl class="facts">
<dt>Reporting period</dt><dd>${audit.calendar.from} to ${audit.startedAt.slice(0, 10)}, ${count(audit.calendar.days, 'day')}: the calendars and the runs</dd>
<dt>Owner</dt><dd>${asked.owner ?? html`not set (<code>ESCROW_OWNER</code>)`}</dd>
<dt>Made by</dt><dd>keyvault-escrow${audit.version !== undefined && html` ${audit.version}`}</dd>
<dt>This audit</dt><dd>${
    written === undefined
      ? html`made on demand and not kept: it is no link of the chain`
      : html`<code>${written.name}</code> SHA-256 <code class="digest">${written.sha256}</code>`
  }</dd>
<dt>Previous audit</dt><dd>${
    previous === undefined
      ? html`none: the chain begins here`
      : html`<code>${previous.name}</code> SHA-256 <code class="digest">${previous.sha256}</code>. The log line <code>escrow.audit.completed</code> of each audit has both digests, and <code>keyvault-escrow verify --chain</code> follows them.`
  }</dd>
<dt>Who could have written what</dt><dd>Records and run reports: whoever has the backup identity. So a record counts by what the storage service says of it, and reports only give the history of runs and why keys failed. Receipts of restore drills: drill operators. Audits: the audit identity alone, where it is not that of the backups.</dd>
<dt>What the backup identity cannot do</dt><dd>By its role: restore a key, read its material, overwrite, delete or re-tag a blob, write an audit or a receipt. Overwriting and deleting are tried by every nightly run${lastTried(audit)}.</dd>
<dt>Write-once</dt><dd>${
    canary === undefined
      ? html`not seen yet: every nightly run tries to overwrite and to delete a blob, and must be refused`
      : html`The blob that every nightly run tries to overwrite and to delete, <code>${canaryName}</code>: ${
          audit.findings.some(({ finding }) => finding === 'notWriteOnce')
            ? html`<strong>it is NOT what it was</strong> when it was first seen`
            : html`it is what it was when it was written, ${timeElement(canary.createdAt)}`
        }.`
  }</dd>
${storageFacts(audit)}<dt>Proven by a restore</dt><dd>${share(audit)}</dd>
<dt>Last successful drill</dt><dd>${
    drill === undefined
      ? html`none on record`
      : html`${timeElement(drill.finishedAt)}, ${count(drill.keys, 'key')}: <code>${drill.receipt}</code>, a claim of whoever ran it`
  }${asked.maxDrillAgeDays !== undefined && html`; one is due every ${count(asked.maxDrillAgeDays, 'day')}`}</dd>
${restoreTime(audit)}<dt>How age is measured</dt><dd>From the storage service's creation time of each record, in the key's own folder. A backup older than ${count(asked.maxAgeHours, 'hour')} is stale. A late record, created more than an hour after its backup (copied, imported or planted), is dated by what it says. A day in the calendars is judged by the newest record at its end, today at the time of the audit.</dd>
<dt>Same key</dt><dd>A thirtieth of the keys, and every new or changed one, has its versions compared each day with all that audits ever saw of it: no service removes a version.</dd>
<dt>Times</dt><dd>The audit began ${timeElement(audit.startedAt)} and ended ${timeElement(audit.finishedAt)}. Runs are due by the schedule <code>${asked.schedule}</code> (second, minute, hour, day, month, weekday; UTC)${nextDue(audit)}.</dd>
</dl>
</section>
`;
}
