import type { StoredRecord } from './stored-record.ts';

/** Why a record cannot be restored as it lies, as its listing shows. `archived`: it can be, after hours. */
export interface RecordObstacle {
  readonly code: 'empty' | 'noDigest' | 'notBlockBlob' | 'copyUnfinished' | 'otherEncryption' | 'archived';
  /** A clause: "the record … …". */
  readonly reason: string;
}

export function obstacleOf({ blob, sha256 }: Pick<StoredRecord, 'blob' | 'sha256'>): RecordObstacle | undefined {
  if (blob.type !== 'block') {
    return {
      code: 'notBlockBlob',
      reason: `is not a block blob (${blob.type}), so it may change after it was written`,
    };
  }
  if (blob.length === 0) return { code: 'empty', reason: 'is empty' };
  if (sha256 === undefined) {
    return { code: 'noDigest', reason: 'has no "sha256" in its metadata, so its bytes cannot be checked' };
  }
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
