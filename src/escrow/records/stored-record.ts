import { parseKeyId, type SourceSuffixes } from '../model/key-id.ts';
import type { SourceId } from '../model/source.ts';
import type { StoredBlob } from '../ports/escrow-store.ts';
import { namedFolder, parseRecordName } from './blob-names.ts';
import { type RecordMetadata, readRecordMetadata } from './record-metadata.ts';
import { newestOrderFirst, orderOf, type RecordOrder } from './record-order.ts';

/** An escrow record as it lies in the store: the blob, and what its name and metadata say it is. */
export interface StoredRecord extends RecordMetadata {
  readonly blobName: string;
  readonly source: SourceId;
  /** In the service's casing where the metadata has it, else as in the blob's name. */
  readonly keyName: string;
  /** The storage service's own time: the truth about age. */
  readonly createdAt: Date;
  /** What it is ordered by among the records of its key. */
  readonly order: RecordOrder;
  /** As the store holds it: type, tier, state of a copy. */
  readonly blob: StoredBlob;
}

/**
 * Reads what a blob is; undefined for any other blob. A record under its usual name stays one even when
 * its metadata is lost; one under a chosen name is known by its metadata alone.
 */
export function storedRecordOf(blob: StoredBlob, suffixes: SourceSuffixes): StoredRecord | undefined {
  const { name, metadata, createdAt } = blob;
  const named = parseRecordName(name);
  if (named === undefined && !name.startsWith(namedFolder)) return undefined;
  const claims = readRecordMetadata(metadata);
  const described = claims.keyId === undefined ? undefined : parseKeyId(claims.keyId, suffixes);
  const source = named?.source ?? described?.source;
  const keyName = sameName(named?.keyName, described?.name);
  if (source === undefined || keyName === undefined) return undefined;
  return {
    ...claims,
    runId: claims.runId ?? named?.runId,
    blobName: name,
    source,
    keyName,
    createdAt,
    order: orderOf(blob),
    blob,
  };
}

export function newestFirst(left: StoredRecord, right: StoredRecord): number {
  return newestOrderFirst(left.order, right.order);
}

// The name decides which key it is; the metadata only knows the casing.
function sameName(named: string | undefined, described: string | undefined): string | undefined {
  if (named === undefined) return described;
  return described?.toLowerCase() === named ? described : named;
}
