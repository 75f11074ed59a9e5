import type { EscrowStore, StoredBlob } from '../ports/escrow-store.ts';
import { auditFolder, parseAuditName } from '../records/blob-names.ts';
import type { Audit } from './audit-document.ts';
import type { StoredAudit } from './stored-audit.ts';
import { readAudit } from './stored-audit.ts';

/** An audit that can be gone by: it can be read and is as its writer said. */
export interface SoundAudit extends StoredAudit {
  readonly audit: Audit;
}

/** The audits in the container, read as far back as the next one has to look. */
export interface AuditTrail {
  /** All audits and their pages, oldest first. */
  readonly blobs: readonly StoredBlob[];
  /** The newest sound one. */
  readonly newest: SoundAudit | undefined;
  /** Newer ones that are not sound, newest first: stepped over, so that nothing in them can hide what was known before. */
  readonly unsound: readonly StoredAudit[];
}

/**
 * Lists all audits (two blobs a day: one request per seven years) and reads back to the newest sound one, by the storage
 * service's creation time.
 * @param now no time in what it says is taken for later than this.
 */
export async function readAuditTrail(container: EscrowStore, now: Date, outOfTime: AbortSignal): Promise<AuditTrail> {
  const blobs = await listAudits(container, outOfTime);
  const unsound: StoredAudit[] = [];
  for (const blob of blobs.filter(isAuditDocument).reverse()) {
    const stored = await readAudit(container, blob, outOfTime, now);
    if (isSound(stored)) return { blobs, newest: stored, unsound };
    unsound.push(stored);
  }
  return { blobs, newest: undefined, unsound };
}

/** Audits and their pages, oldest first. */
export async function listAudits(container: EscrowStore, outOfTime: AbortSignal): Promise<StoredBlob[]> {
  const blobs: StoredBlob[] = [];
  for await (const blob of container.list(auditFolder, outOfTime, { metadata: true })) {
    if (parseAuditName(blob.name) !== undefined) blobs.push(blob);
  }
  return blobs.sort(byCreation);
}

export function isAuditDocument({ name }: StoredBlob): boolean {
  return parseAuditName(name)?.form === 'json';
}

function isSound(stored: StoredAudit): stored is SoundAudit {
  return stored.isAsWritten && stored.audit !== undefined;
}

/** Oldest first. Creation times have whole seconds; within one the number in the name decides, and a page follows its audit. */
function byCreation(a: StoredBlob, b: StoredBlob): number {
  const attempt = ({ name }: StoredBlob): number => parseAuditName(name)?.attempt ?? 1;
  const isPage = (blob: StoredBlob): number => Number(!isAuditDocument(blob));
  return (
    a.createdAt.getTime() - b.createdAt.getTime() ||
    attempt(a) - attempt(b) ||
    isPage(a) - isPage(b) ||
    (a.name < b.name ? -1 : 1)
  );
}
