import PQueue from 'p-queue';
import type { Finding } from '../model/finding.ts';
import { ServiceError } from '../model/service-error.ts';
import type { EscrowStore, StoredBlob } from '../ports/escrow-store.ts';
import type { EscrowStores } from '../ports/escrow-stores.ts';
import { auditFolder, drillFolder, isEvidenceName, requestFolder } from '../records/blob-names.ts';
import { mostAuditBytes, mostEvidenceBytes, readBounded } from '../records/bounded-read.ts';
import { sha256Of } from '../records/put-once.ts';
import type { StoredRun } from '../records/stored-run.ts';
import type { EvidenceDigest } from './audit-document.ts';
import { evidenceAltered, evidenceMissing } from './evidence-findings.ts';

/** What is evidence beside the audits themselves: run reports, drill receipts, requests that were not carried out. */
export interface Evidence {
  readonly reports: readonly StoredBlob[];
  readonly drills: readonly StoredBlob[];
  readonly requests: readonly StoredBlob[];
}

const readersAtOnce = 8;

/** Drills and lost requests are few, so all of them are listed; runs come from their period. */
export async function listEvidence(
  stores: EscrowStores,
  runs: readonly StoredRun[],
  outOfTime: AbortSignal,
): Promise<Evidence> {
  const all = async (prefix: string): Promise<StoredBlob[]> => {
    const blobs: StoredBlob[] = [];
    const listing = storeOf(stores, prefix).list(prefix, outOfTime, { metadata: true });
    for await (const blob of listing) if (isEvidenceName(blob.name)) blobs.push(blob);
    return blobs;
  };
  const [drills, requests] = await Promise.all([all(drillFolder), all(requestFolder)]);
  return { reports: runs.flatMap((run) => run.reports), drills, requests };
}

/** The container that holds a blob of this name. */
export function storeOf({ container, audits, drills }: EscrowStores, name: string): EscrowStore {
  if (name.startsWith(auditFolder)) return audits;
  return name.startsWith(drillFolder) ? drills : container;
}

/** Reads blobs side by side. What is not there is left out of the answer. */
export async function readEach<T>(
  storeOfName: (name: string) => EscrowStore,
  names: readonly string[],
  outOfTime: AbortSignal,
  each: (name: string, bytes: Uint8Array) => T,
): Promise<Map<string, T>> {
  const read = new Map<string, T>();
  const queue = new PQueue({ concurrency: readersAtOnce });
  await queue.addAll(
    names.map((name) => async () => {
      const bytes = await readIfThere(storeOfName(name), name, outOfTime);
      if (bytes !== undefined) read.set(name, each(name, bytes));
    }),
  );
  return read;
}

/**
 * Looks whether evidence still is what an audit listed.
 * @param known digests of what has been read already; the rest is read here.
 */
export async function checkEvidence(
  stores: EscrowStores,
  listed: readonly EvidenceDigest[],
  listedBy: string,
  known: ReadonlyMap<string, string>,
  outOfTime: AbortSignal,
): Promise<Finding[]> {
  const unread = listed.map(({ name }) => name).filter((name) => !known.has(name));
  const read = await readEach(
    (name) => storeOf(stores, name),
    unread,
    outOfTime,
    (_, bytes) => sha256Of(bytes),
  );
  return listed.flatMap(({ name, sha256 }) => {
    const found = known.get(name) ?? read.get(name);
    if (found === undefined) return [evidenceMissing(name, listedBy)];
    return found === sha256 ? [] : [evidenceAltered(name, listedBy)];
  });
}

async function readIfThere(
  container: EscrowStore,
  name: string,
  outOfTime: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return await readBounded(container, name, mostBytesOf(name), outOfTime);
  } catch (error) {
    if (error instanceof ServiceError && error.kind === 'absent') return undefined;
    throw error;
  }
}

function mostBytesOf(name: string): number {
  return name.startsWith(auditFolder) ? mostAuditBytes : mostEvidenceBytes;
}
