import type { Audit, AuditedKey, AuditedSource } from '../audit/audit-document.ts';
import type { CoverageStatus } from '../audit/coverage-status.ts';
import { isOwed } from '../audit/coverage-status.ts';
import type { Finding, FindingKind } from '../model/finding.ts';
import { describeAge } from '../model/finding.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { digits, findingWord, placeWords, timeWords, wordsOfStatus } from './words.ts';

/**
 * The ledger: one row per key with all that proves its backup. A page may have thousands of rows: they leave out end tags
 * that HTML does not ask for, and the folder of a record that lies where its key says.
 */
export function ledgerTable(
  source: AuditedSource,
  keys: readonly AuditedKey[],
  { startedAt, findings }: Audit,
  caption: string,
): Html {
  // Where it can be restored is one sentence for the source; a column only where a record says otherwise.
  const differs = keys.some(({ record }) => record?.place !== undefined);
  const untold = untoldFindings(findings, source);
  const row = (key: AuditedKey): Html =>
    html`<tr><th scope=row>${key.key}${key.enabled === false && html` <small>disabled</small>`}<td class="${key.status}">${
      wordsOfStatus(key.status).word
    }${[...(untold.get(key.key) ?? [])].map((words) => html` <small>${words}</small>`)}${newestRecord(source, key, startedAt)}<td>${
      key.versions === undefined ? 'not counted' : digits(key.versions.count)
    }<td>${key.drilledAt === undefined ? 'never' : timeWords(key.drilledAt)}${
      differs && html`<td>${placeWords(source.sourceKind, key.record?.place ?? source.place)}`
    }
`;
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table class="ledger">
<caption>${caption}<span class="note">Records lie in <code>${source.source}/{key in lower case}/</code>; one that lies elsewhere has its folder named.</span></caption>
<thead><tr><th scope="col">Key</th><th scope="col">Status</th><th scope="col">Newest record</th><th scope="col">Age</th><th scope="col">Bytes, SHA-256</th><th scope="col">Versions</th><th scope="col">Last drill</th>${
    differs && html`<th scope="col">Can be restored in</th>`
  }</tr></thead>
<tbody>
${keys.map(row)}</tbody></table></div>`;
}

function newestRecord({ source }: AuditedSource, { key, status, record }: AuditedKey, auditedAt: string): Html {
  if (record === undefined) {
    return html`<td colspan=3 class="${isOwed(status) && status !== 'pending' ? 'lost' : 'nothing'}">${nothingWords(status)}`;
  }
  const { blobName, createdAt, bytes, sha256 } = record;
  const folder = `${source}/${key.toLowerCase()}/`;
  const name = blobName.startsWith(folder) ? blobName.slice(folder.length) : blobName;
  const age = describeAge(Date.parse(auditedAt) - Date.parse(createdAt));
  return html`<td>${timeWords(createdAt)} <code>${name}</code><td>${age}<td>${digits(bytes)} <code>${sha256}</code>`;
}

function nothingWords(status: CoverageStatus): string {
  if (status === 'pending') return 'None yet: its first run is still to come';
  return isOwed(status) ? 'No record' : 'None expected';
}

/** What was found about a key beside that which its status says already. */
function untoldFindings(findings: readonly Finding[], { source }: AuditedSource): Map<string, Set<string>> {
  const untold = new Map<string, Set<string>>();
  for (const { finding, source: found, key } of findings) {
    if (found !== source || key === undefined || saidByStatus.includes(finding)) continue;
    untold.set(key, (untold.get(key) ?? new Set()).add(findingWord(finding)));
  }
  return untold;
}

const saidByStatus: readonly FindingKind[] = ['stale', 'neverEscrowed', 'keyGone'];
