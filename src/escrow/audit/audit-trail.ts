import { auditFolder, parseAuditName, periodPrefixes } from '../blob-names.ts';
import type { EscrowContainer, StoredBlob } from '../escrow-container.ts';
import type { Audit } from './audit-document.ts';
import type { StoredAudit } from './stored-audit.ts';
import { readAudit } from './stored-audit.ts';

/** An audit that can be gone by: it can be read and is as its writer said. */
export interface SoundAudit extends StoredAudit {
  readonly audit: Audit;
}

/** The audits in the container, as far back as the next one has to look. */
export interface AuditTrail {
  /** Audits and their pages, oldest first: at least those since `newest` and some days before it. */
  readonly blobs: readonly StoredBlob[];
  /** The newest sound one. */
  readonly newest: SoundAudit | undefined;
  /** Newer ones that are not sound, newest first: stepped over, so that nothing in them can hide what was known before. */
  readonly unsound: readonly StoredAudit[];
}

const day = 24 * 60 * 60 * 1000;
const recentDays = 3;

/**
 * Reads the newest audits, by the storage service's creation time. They are looked for among those of the last days first
 * (one or two requests), so a history of years is listed only after a silence of two, or when none of these is sound.
 */
export async function readAuditTrail(
  container: EscrowContainer,
  now: Date,
  outOfTime: AbortSignal,
): Promise<AuditTrail> {
  const from = new Date(now.getTime() - recentDays * day);
  const recent = periodPrefixes('audits', from, new Date(now.getTime() + day));
  const trail = await stepBack(container, await listAudits(container, recent, outOfTime), outOfTime);
  const isCovered = trail.newest !== undefined && trail.newest.createdAt.getTime() >= from.getTime() + day;
  return isCovered ? trail : stepBack(container, await listAudits(container, [auditFolder], outOfTime), outOfTime);
}

/** Audits and their pages, oldest first. */
export async function listAudits(
  container: EscrowContainer,
  prefixes: readonly string[],
  outOfTime: AbortSignal,
): Promise<StoredBlob[]> {
  const blobs: StoredBlob[] = [];
  for (const prefix of prefixes) {
    for await (const blob of container.list(prefix, outOfTime)) {
      if (parseAuditName(blob.name) !== undefined) blobs.push(blob);
    }
  }
  return blobs.sort(byCreation);
}

export function isAuditDocument({ name }: StoredBlob): boolean {
  return parseAuditName(name)?.form === 'json';
}

async function stepBack(
  container: EscrowContainer,
  blobs: readonly StoredBlob[],
  outOfTime: AbortSignal,
): Promise<AuditTrail> {
  const unsound: StoredAudit[] = [];
  for (const blob of blobs.filter(isAuditDocument).reverse()) {
    const stored = await readAudit(container, blob, outOfTime);
    if (isSound(stored)) return { blobs, newest: stored, unsound };
    unsound.push(stored);
  }
  return { blobs, newest: undefined, unsound };
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
