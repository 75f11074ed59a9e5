import { presentVersions } from '../coverage/witness.ts';
import { digits } from '../model/count.ts';
import { requiresBackup } from '../model/coverage-status.ts';
import { describeAge, type Finding, type FindingKind } from '../model/finding.ts';
import { type AuditedKey, type AuditedSource, timeOfRecord } from '../records/audit-document.ts';
import { type Html, html, htmlTable } from './html.ts';
import { findingWord, statusWords, timeWords } from './words.ts';

/**
 * The ledger: one row per key with all that is known of its backup. A page may have thousands of rows: they leave out end tags
 * that HTML does not ask for, and the folder of the record, which is the key's own.
 */
export function ledgerTable(
  source: AuditedSource,
  keys: readonly AuditedKey[],
  { startedAt, findings }: { readonly startedAt: string; readonly findings: readonly Finding[] },
  caption: string,
): Html {
  const untold = untoldFindings(findings, source);
  const row = (key: AuditedKey): Html =>
    html`<tr><th scope=row>${key.key}${key.enabled === false && html` <small>disabled</small>`}<td class="${key.status}">${
      statusWords[key.status].word
    }${[...(untold.get(key.key) ?? [])].map((words) => html` <small>${words}</small>`)}${newestRecord(source, key, startedAt)}<td>${
      key.versions === undefined ? 'not looked at' : digits(presentVersions(key.versions).length)
    }<td>${key.drilledAt === undefined ? 'never' : timeWords(key.drilledAt)}
`;
  const note = html`<span class="note">Records lie in <code>${source.source}/{key in lower case}/</code>.</span>`;
  const columns = ['Key', 'Status', 'Newest record', 'Age', 'Bytes, SHA-256', 'Versions', 'Last drill'];
  return htmlTable('ledger', { caption, note, columns, rows: keys.map(row) });
}

const unreadableWords = {
  archived: 'archived',
  rehydrating: 'rehydrating',
  copyPending: 'copy not finished',
  customerKey: 'encrypted with another key',
} as const;

function newestRecord({ source }: AuditedSource, { key, status, record }: AuditedKey, auditedAt: string): Html {
  if (record === undefined) {
    return html`<td colspan=3 class="${requiresBackup(status) && status !== 'pending' ? 'lost' : 'nothing'}">${nothingWords(status)}`;
  }
  const { blobName, bytes, sha256, late, unproven, notReadable } = record;
  const at = timeOfRecord(record);
  const age = describeAge(Date.parse(auditedAt) - Date.parse(at));
  const labels = [late && 'late', unproven && 'unproven', notReadable && unreadableWords[notReadable]];
  return html`<td>${timeWords(at)} <code>${blobName.slice(`${source}/${key}/`.length)}</code>${labels.map(
    (label) => label && html` <small>${label}</small>`,
  )}<td>${age}<td>${digits(bytes)} <code>${sha256}</code>`;
}

function nothingWords(status: AuditedKey['status']): string {
  if (status === 'pending') return 'None yet: its first run is still to come';
  if (status === 'notLookedAt') return 'Not looked at';
  return requiresBackup(status) ? 'No record' : 'None expected';
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
