import { type BlobFault, faultOfBlob, maxRecordBytes } from './blob-fault.ts';
import { namedFolder } from './blob-names.ts';
import type { StoredRecord } from './stored-record.ts';

/** Why a record cannot be restored as it lies, as its listing shows. `archived`: it can be, after hours. */
export interface RecordObstacle {
  readonly code: Exclude<BlobFault, 'notARecord'> | 'copyUnfinished' | 'otherEncryption' | 'archived';
  /** A clause: "the record … …". */
  readonly reason: string;
}

/** What does not count as a record of its key for an audit is none for a restore either. */
export function obstacleOf(record: StoredRecord): RecordObstacle | undefined {
  const { blob, source, keyName, blobName } = record;
  const fault = blobName.startsWith(namedFolder) ? faultOfChosenName(record) : faultOfBlob(blob, source, keyName);
  if (fault !== undefined && fault !== 'notARecord') return { code: fault, reason: faultReasons[fault](record) };
  if (blob.copyStatus !== undefined && blob.copyStatus !== 'success') {
    return { code: 'copyUnfinished', reason: `is a copy that has not all its bytes (${blob.copyStatus})` };
  }
  if (blob.customerProvidedKey) {
    return { code: 'otherEncryption', reason: 'is encrypted with a key that the account does not have' };
  }
  if (blob.tier === 'Archive') {
    const under = blob.archiveStatus === undefined ? '' : `, on its way back (${blob.archiveStatus})`;
    return { code: 'archived', reason: `is in the archive tier${under}` };
  }
  return undefined;
}

/** Whose it is, and when, only its own metadata say. */
function faultOfChosenName({ blob, sha256 }: StoredRecord): BlobFault | undefined {
  if (blob.type !== 'block') return 'notBlockBlob';
  if (blob.length > maxRecordBytes) return 'tooLarge';
  return blob.length === 0 || sha256 === undefined ? 'withoutDigest' : undefined;
}

const faultReasons: Readonly<Record<RecordObstacle['code'] & BlobFault, (record: StoredRecord) => string>> = {
  notBlockBlob: ({ blob }) => `is not a block blob (${blob.type}), so it may change after it was written`,
  foreign: () => 'is of another key, as its own metadata say',
  withoutDigest: ({ blob }) =>
    blob.length === 0 ? 'is empty' : 'has no "sha256" in its metadata, so its bytes cannot be checked',
  tooLarge: ({ blob }) => `has ${blob.length} bytes, more than any backup`,
  tooEarly: () => 'was there before its run could begin, so the app did not write it',
  modified: ({ blob }) => `was altered after it was written (${blob.lastModified.toISOString()})`,
};
