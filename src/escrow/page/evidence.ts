import type { Audit, EvidenceDigest } from '../audit/audit-document.ts';
import type { SeenCanary } from '../write-once/canary-check.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { count, timeElement } from './words.ts';

/** Why the page may be believed: write-once, the chain, the last drill, and how to check each. */
export function evidenceSection(audit: Audit, written: EvidenceDigest | undefined): Html {
  const { chain, drill, writeOnce, asked } = audit;
  return html`<section aria-labelledby="evidence">
<h2 id="evidence">Evidence</h2>
<dl class="facts">
<dt>This audit</dt><dd>${
    written === undefined
      ? html`made on demand and not kept: it is no link of the chain`
      : html`<code>${written.name}</code> SHA-256 <code class="digest">${written.sha256}</code>`
  }</dd>
<dt>The audit before</dt><dd>${
    chain.previous === undefined
      ? html`none: the chain begins here`
      : html`<code>${chain.previous.name}</code> SHA-256 <code class="digest">${chain.previous.sha256}</code>`
  }</dd>
<dt>Evidence since then</dt><dd>${count(chain.evidence.length, 'item')} (run reports, drill receipts, lost requests, pages of audits), each with its SHA-256 in the audit. <code>keyvault-escrow verify --chain</code> checks them all.</dd>
<dt>Write-once</dt><dd>${writeOnceWords(writeOnce)}</dd>
<dt>Last successful drill</dt><dd>${
    drill === undefined
      ? html`none on record`
      : html`${timeElement(drill.finishedAt)}, ${count(drill.keys, 'key')}: <code>${drill.receipt}</code>`
  }${asked.maxDrillAgeDays !== undefined && html`; one is due every ${count(asked.maxDrillAgeDays, 'day')}`}</dd>
<dt>How ages are told</dt><dd>By the storage service's creation time of each record. Beyond ${count(asked.maxAgeHours, 'hour')} a backup is stale. The newest record of every key was looked for in the container itself; A day in the calendars is judged by the newest record at its end, today at the time of the audit; run reports add what was escrowed between two audits, what failed, and what was skipped.</dd>
<dt>Times</dt><dd>The audit began ${timeElement(audit.startedAt)} and ended ${timeElement(audit.finishedAt)}. Runs are due by <code>${asked.schedule}</code> (UTC).</dd>
</dl>
</section>
`;
}

function writeOnceWords(canary: SeenCanary | undefined): Html {
  if (canary === undefined) return html`not proven: no night has put the canary blob yet`;
  return html`Every night the identity that backs up tries to overwrite and to delete <code>${canary.canary}</code>. It is the one that was created ${timeElement(canary.createdAt)}.`;
}
