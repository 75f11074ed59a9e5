import { onRefusal } from '../model/service-error.ts';
import type { EscrowStore, ListedBlob } from '../ports/escrow-store.ts';
import type { Audit } from './audit-document.ts';
import { decodeAudit, encodeAudit, isAudit, maxAuditBytes, type ReadAudit } from './audit-encoding.ts';
import { auditFolder, auditName, parseAuditName } from './blob-names.ts';
import { putOnce, sha256Of } from './put-once.ts';

/** An audit in its store. */
export interface StoredAudit extends ReadAudit {
  readonly name: string;
  /** Of the content as read. */
  readonly sha256: string;
  readonly createdAt: Date;
}

/** An audit that cannot be read now, or is none: archived, spoiled, of another version. */
export interface UnreadableAudit {
  readonly name: string;
  readonly why: string;
}

/** So many audits are tried; a store with more that cannot be read in a row has lost its memory. */
const maxTried = 31;

/**
 * The newest audit that can be read, by the store's own creation time. Two blobs a day: one listing request per seven years.
 * @param audits the store that only the audit identity adds to.
 * @returns `unreadable`: newer ones that cannot be read, newest first.
 */
export async function readLatestAudit(audits: EscrowStore, deadline: AbortSignal) {
  const unreadable: UnreadableAudit[] = [];
  for (const blob of (await listAudits(audits, deadline)).reverse().slice(0, maxTried)) {
    const read = await readAudit(audits, blob, deadline);
    if ('sha256' in read) return { audit: read, unreadable };
    unreadable.push(read);
  }
  return { audit: undefined, unreadable };
}

/** The audits themselves without their pages, oldest first. A store's times are whole seconds: within one, the names decide. */
export async function listAudits(audits: EscrowStore, deadline: AbortSignal): Promise<ListedBlob[]> {
  const found: { readonly blob: ListedBlob; readonly auditId: string; readonly attempt: number }[] = [];
  for await (const blob of audits.list(auditFolder, deadline)) {
    const parsed = parseAuditName(blob.name);
    if (parsed?.form === 'json') found.push({ blob, auditId: parsed.auditId, attempt: parsed.attempt });
  }
  return found
    .sort(
      (a, b) =>
        a.blob.createdAt.getTime() - b.blob.createdAt.getTime() ||
        (a.auditId === b.auditId ? a.attempt - b.attempt : a.auditId < b.auditId ? -1 : 1),
    )
    .map(({ blob }) => blob);
}

/** @throws OutOfTime; every other failure is an answer. */
export async function readAudit(
  audits: EscrowStore,
  { name, createdAt }: ListedBlob,
  deadline: AbortSignal,
): Promise<StoredAudit | UnreadableAudit> {
  const refused = onRefusal(({ message: why }) => ({ name, why }));
  const bytes = await audits.read(name, deadline, maxAuditBytes).catch(refused);
  if ('why' in bytes) return bytes;
  const read = decodeAudit(bytes);
  return read === undefined
    ? { name, why: 'its content is not an audit of this version' }
    : { ...read, name, createdAt, sha256: sha256Of(bytes) };
}

/** Where an audit was saved, and where its page belongs. */
export type SavedAudit = Awaited<ReturnType<typeof saveAudit>>;

/** Saves an audit, written once, under the next free number of its second. */
export async function saveAudit(audits: EscrowStore, audit: Audit, deadline: AbortSignal) {
  const bytes = encodeAudit(audit);
  if (bytes.length > maxAuditBytes || !isAudit(bytes)) {
    throw new Error(`the next audit could not read it (${bytes.length} bytes)`);
  }
  for (let attempt = 1; ; attempt++) {
    const name = auditName(audit.auditId, 'json', attempt);
    const blob = { name, bytes, contentType: 'application/json', metadata: { status: audit.status } };
    const put = await putOnce(audits, blob, deadline);
    if (put.written) return { name, sha256: put.sha256, pageName: auditName(audit.auditId, 'html', attempt) };
  }
}

export async function savePage(
  audits: EscrowStore,
  { pageName }: SavedAudit,
  page: Uint8Array,
  deadline: AbortSignal,
): Promise<void> {
  const contentType = 'text/html; charset=utf-8';
  await putOnce(audits, { name: pageName, bytes: page, contentType, metadata: {} }, deadline);
}
