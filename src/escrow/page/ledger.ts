import type { AuditedKey, AuditedSource } from '../audit/audit-document.ts';
import type { CoverageStatus } from '../audit/coverage-status.ts';
import { isOwed } from '../audit/coverage-status.ts';
import { describeAge } from '../finding.ts';
import { statusSign } from './answer.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { digits, placeWords, statusWords, timeElement } from './words.ts';

/** The ledger: one row per key with all that proves its backup. */
export function ledgerTable(
  source: AuditedSource,
  keys: readonly AuditedKey[],
  auditedAt: string,
  caption: string,
): Html {
  // Where it can be restored is one sentence for the source; a column only where a record says otherwise.
  const differs = keys.some(({ record }) => record?.place !== undefined);
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table class="ledger">
<caption>${caption}</caption>
<thead><tr><th scope="col">Key</th><th scope="col">Status</th><th scope="col">Newest record</th><th scope="col">Age</th><th scope="col">Bytes, SHA-256</th><th scope="col">Versions</th><th scope="col">Last drill</th>${
    differs && html`<th scope="col">Can be restored in</th>`
  }</tr></thead>
<tbody>
${keys.map((key) => ledgerRow(source, key, auditedAt, differs))}</tbody></table></div>`;
}

function ledgerRow(source: AuditedSource, key: AuditedKey, auditedAt: string, differs: boolean): Html {
  const { record, versions, drilledAt, status, enabled } = key;
  const isDisabled = enabled === false && html` <span class="note">disabled</span>`;
  const newest =
    record === undefined
      ? html`<td colspan="3" class="${isOwed(status) && status !== 'pending' ? 'lost' : 'nothing'}">${nothingWords(status)}</td>`
      : html`<td>${timeElement(record.createdAt)} <code>${record.blobName}</code></td><td class="age">${describeAge(
          Date.parse(auditedAt) - Date.parse(record.createdAt),
        )}</td><td>${digits(record.bytes)} <code class="digest">${record.sha256}</code></td>`;
  const place = differs && html`<td>${placeWords(source.sourceKind, record?.place ?? source.place)}</td>`;
  return html`<tr id="${rowId(source, key)}"><th scope="row">${key.key}${isDisabled}</th><td>${statusSign(status)} ${statusWords[status].word}</td>${newest}<td>${
    versions === undefined ? 'not counted' : digits(versions.count)
  }</td><td>${drilledAt === undefined ? 'never' : timeElement(drilledAt)}</td>${place}</tr>
`;
}

function nothingWords(status: CoverageStatus): string {
  if (status === 'pending') return 'None yet: its first run is still to come';
  return isOwed(status) ? 'No record' : 'None expected';
}

function rowId({ source }: AuditedSource, { key }: AuditedKey): string {
  return `${source}/${key}`.replaceAll('/', '.');
}
