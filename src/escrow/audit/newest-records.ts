import type { RestorePlace, SourceId } from '../model/source.ts';
import type { EscrowStore, StoredBlob } from '../ports/escrow-store.ts';
import { parseRecordName, recordPrefix } from '../records/blob-names.ts';
import { isOfKey, precedesRun, restorePlaceOf } from '../records/escrow-record.ts';

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

/** A record that is not as it was said to be, is no record of the key, or was there before its run: nothing that counts. */
export type RecordFault =
  | { readonly fault: 'foreign'; readonly blobName: string; readonly saidBy: string | undefined }
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
  container: EscrowStore,
  search: RecordSearch,
  outOfTime: AbortSignal,
): Promise<FoundRecord> {
  const { source, key, freshSince } = search;
  const prefix = recordPrefix(source, key);
  const isOwn = (name: string): boolean => name.startsWith(prefix) && parseRecordName(name) !== undefined;
  const claims = search.claims
    .filter(({ blobName }) => isOwn(blobName))
    .sort((a, b) => b.saidAt.getTime() - a.saidAt.getTime());
  const [newest] = claims;
  const there = new Map<string, StoredBlob>();
  // A report that names the record of another key, or any other blob, must not make it count for this one.
  const faults: RecordFault[] = search.claims
    .filter(({ blobName }) => !isOwn(blobName))
    .map(({ blobName, saidBy }) => ({ fault: 'foreign', blobName, saidBy }));

  if (newest !== undefined && newest.saidAt >= freshSince) {
    const blob = await container.look(newest.blobName, outOfTime);
    const fault = faultOf(newest, blob, search);
    if (fault !== undefined) faults.push(fault);
    else if (blob !== undefined && blob.length > 0 && blob.createdAt >= freshSince)
      return { record: recordOf(blob), faults };
    if (blob !== undefined) there.set(blob.name, blob);
  }

  for await (const blob of container.list(prefix, outOfTime, { metadata: true })) {
    if (isOwn(blob.name)) there.set(blob.name, blob);
  }
  for (const claim of claims) {
    if (faults.some(({ blobName }) => blobName === claim.blobName)) continue;
    const fault = faultOf(claim, there.get(claim.blobName), search);
    if (fault !== undefined) faults.push(fault);
  }
  const faulty = new Set(faults.map(({ blobName }) => blobName));
  let latest: StoredBlob | undefined;
  for (const blob of there.values()) {
    // Without its digest a restore refuses it, so it brings nothing back.
    if (blob.length === 0 || blob.metadata.sha256 === undefined || faulty.has(blob.name)) continue;
    const fault = faultOfBlob(blob, search, undefined);
    if (fault !== undefined) {
      faults.push(fault);
      continue;
    }
    if (latest === undefined || blob.createdAt > latest.createdAt) latest = blob;
  }
  return { record: latest && recordOf(latest), faults };
}

function faultOf(claim: RecordClaim, blob: StoredBlob | undefined, search: RecordSearch): RecordFault | undefined {
  const { blobName } = claim;
  if (blob === undefined) return { fault: 'missing', blobName, claim };
  const { sha256 } = blob.metadata;
  if (blob.length !== claim.bytes || sha256 !== claim.sha256) {
    return { fault: 'altered', blobName, claim, found: { bytes: blob.length, sha256 } };
  }
  return faultOfBlob(blob, search, claim.saidBy);
}

/** What the blob itself gives away: that it is of another key, or older than the run in its name. */
function faultOfBlob(
  { name, metadata, createdAt }: StoredBlob,
  { source, key }: RecordSearch,
  saidBy: string | undefined,
): RecordFault | undefined {
  if (!isOfKey(metadata, source, key)) return { fault: 'foreign', blobName: name, saidBy };
  const isTooEarly = precedesRun(createdAt, parseRecordName(name)?.runId ?? '');
  return isTooEarly ? { fault: 'tooEarly', blobName: name, createdAt } : undefined;
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
