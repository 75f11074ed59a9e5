import { parseRecordName, recordPrefix } from '../blob-names.ts';
import type { EscrowContainer, StoredBlob } from '../escrow-container.ts';
import { precedesRun, restorePlaceOf } from '../records/escrow-record.ts';
import type { RestorePlace, SourceId } from '../source.ts';

/** The newest record of a key, as the container itself shows it. Never taken from a report. */
export interface NewestRecord {
  readonly blobName: string;
  readonly bytes: number;
  /** As its writer computed it; absent when the blob's metadata lack it. */
  readonly sha256?: string;
  /** The storage service's creation time: what the age is told by. */
  readonly createdAt: Date;
  readonly runId?: string;
  readonly place: RestorePlace;
}

/** What somebody said about a record: a run report, or the audit before. */
export interface RecordClaim {
  readonly blobName: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The blob that says so. */
  readonly saidBy: string;
  /** When it was said; the record is no younger. */
  readonly saidAt: Date;
}

/** A record that is not as it was said to be, or that was there before its run: nothing that counts. */
export type RecordFault =
  | { readonly fault: 'missing'; readonly blobName: string; readonly claim: RecordClaim }
  | {
      readonly fault: 'altered';
      readonly blobName: string;
      readonly claim: RecordClaim;
      /** What is there instead. */
      readonly found: { readonly bytes: number; readonly sha256: string | undefined };
    }
  | { readonly fault: 'tooEarly'; readonly blobName: string; readonly createdAt: Date };

export interface RecordSearch {
  readonly source: SourceId;
  readonly key: string;
  /** Newest first or not; each is checked. */
  readonly claims: readonly RecordClaim[];
  /** A verified record from then on ends the search: one HEAD. */
  readonly freshSince: Date;
}

export interface FoundRecord {
  readonly record: NewestRecord | undefined;
  readonly faults: readonly RecordFault[];
}

/**
 * The newest record of one key. A claim young enough to be fresh is looked at (one request); only when that does not settle
 * it are the key's own records listed (one request per 5,000), so a history of any length is never read as a whole.
 */
export async function findNewestRecord(
  container: EscrowContainer,
  search: RecordSearch,
  outOfTime: AbortSignal,
): Promise<FoundRecord> {
  const { source, key, freshSince } = search;
  const claims = [...search.claims].sort((a, b) => b.saidAt.getTime() - a.saidAt.getTime());
  const [newest] = claims;
  const prefix = recordPrefix(source, key);
  const there = new Map<string, StoredBlob>();
  const faults: RecordFault[] = [];

  if (newest !== undefined && newest.saidAt >= freshSince) {
    const blob = await container.look(newest.blobName, outOfTime);
    const fault = faultOf(newest, blob);
    if (fault !== undefined) faults.push(fault);
    else if (blob !== undefined && blob.createdAt >= freshSince) return { record: recordOf(blob), faults };
    if (blob !== undefined) there.set(blob.name, blob);
  }

  for await (const blob of container.list(prefix, outOfTime)) {
    if (parseRecordName(blob.name) !== undefined) there.set(blob.name, blob);
  }
  for (const claim of claims) {
    if (faults.some(({ blobName }) => blobName === claim.blobName)) continue;
    // A record under a chosen blobName is in no listing of its key.
    const blob =
      there.get(claim.blobName) ??
      (claim.blobName.startsWith(prefix) ? undefined : await container.look(claim.blobName, outOfTime));
    const fault = faultOf(claim, blob);
    if (fault !== undefined) faults.push(fault);
    else if (blob !== undefined) there.set(blob.name, blob);
  }
  const faulty = new Set(faults.map(({ blobName }) => blobName));
  let latest: StoredBlob | undefined;
  for (const blob of there.values()) {
    // Without its digest a restore refuses it, so it brings nothing back.
    if (blob.length === 0 || blob.metadata.sha256 === undefined || faulty.has(blob.name)) continue;
    if (isTooEarly(blob)) {
      faults.push({ fault: 'tooEarly', blobName: blob.name, createdAt: blob.createdAt });
      continue;
    }
    if (latest === undefined || blob.createdAt > latest.createdAt) latest = blob;
  }
  return { record: latest && recordOf(latest), faults };
}

function faultOf(claim: RecordClaim, blob: StoredBlob | undefined): RecordFault | undefined {
  const { blobName } = claim;
  if (blob === undefined) return { fault: 'missing', blobName, claim };
  const { sha256 } = blob.metadata;
  if (blob.length !== claim.bytes || sha256 !== claim.sha256) {
    return { fault: 'altered', blobName, claim, found: { bytes: blob.length, sha256 } };
  }
  return isTooEarly(blob) ? { fault: 'tooEarly', blobName, createdAt: blob.createdAt } : undefined;
}

function isTooEarly({ name, metadata, createdAt }: StoredBlob): boolean {
  return precedesRun(createdAt, parseRecordName(name)?.runId ?? metadata.runid ?? '');
}

function recordOf({ name, length, createdAt, metadata }: StoredBlob): NewestRecord {
  const { sha256, runid } = metadata;
  return {
    blobName: name,
    bytes: length,
    createdAt,
    place: restorePlaceOf(metadata),
    ...(sha256 && { sha256 }),
    ...(runid && { runId: runid }),
  };
}
