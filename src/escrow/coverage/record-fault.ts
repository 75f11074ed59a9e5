import { timeMargin } from '../model/run-id.ts';
import type { SourceId } from '../model/source.ts';
import type { StoredBlob } from '../ports/escrow-store.ts';
import type { AuditedRecord } from '../records/audit-document.ts';
import { parseRecordName } from '../records/blob-names.ts';
import { isOfKey, precedesRun } from '../records/escrow-record.ts';

/** Why a blob in a key's folder does not count as a record of the key. */
export type RecordFault = 'notARecord' | 'foreign' | 'notBlockBlob' | 'withoutDigest' | 'tooEarly' | 'modified';

/** What the store and the blob itself show; only a restore shows whether its bytes are those of the key. */
export function faultOfRecord(blob: StoredBlob, source: SourceId, key: string): RecordFault | undefined {
  const parsed = parseRecordName(blob.name);
  if (parsed === undefined) return 'notARecord';
  // An append blob passes every check until somebody appends.
  if (blob.type !== 'block') return 'notBlockBlob';
  if (!isOfKey(blob.metadata, source, key)) return 'foreign';
  if (blob.length === 0 || blob.metadata.sha256 === undefined) return 'withoutDigest';
  if (precedesRun(blob.createdAt, parsed.runId)) return 'tooEarly';
  // Written once: what changed later is not what was written. Another tier leaves this time alone.
  const isModified = blob.lastModified.getTime() > blob.createdAt.getTime() + timeMargin;
  return isModified && blob.copyStatus === undefined ? 'modified' : undefined;
}

/** Why the bytes of a blob cannot be read now; undefined when they can. */
export function notReadable(blob: StoredBlob): AuditedRecord['notReadable'] {
  if (blob.customerProvidedKey) return 'customerKey';
  if (blob.copyStatus !== undefined && blob.copyStatus !== 'success') return 'copyPending';
  if (blob.archiveStatus !== undefined) return 'rehydrating';
  return blob.tier?.toLowerCase() === 'archive' ? 'archived' : undefined;
}
