import { timeMargin } from '../model/run-id.ts';
import { readRecordMetadata } from './record-metadata.ts';
import type { StoredRecord } from './stored-record.ts';

/** A record is written within minutes of its backup. Longer: the blob was copied here, or planted. */
const lateAfterMs = 60 * 60 * 1000;

type Dated = Pick<StoredRecord, 'createdAt' | 'metadata' | 'blobName'>;

/** When the vault made the backup, as the record says; undefined where it says nothing that can be true. */
export function backedUpAt({ createdAt, metadata }: Dated): Date | undefined {
  const claimed = readRecordMetadata(metadata).backedUpAt;
  return claimed !== undefined && claimed.getTime() <= createdAt.getTime() + timeMargin ? claimed : undefined;
}

/**
 * Whether a record was created more than an hour after the backup that it says it holds. A label, no fault: AzCopy gives new
 * times of creation, and so does whoever plants a record. It yields to every record that is not late.
 */
export function isLate(record: Dated): boolean {
  const claimed = backedUpAt(record);
  return claimed === undefined || record.createdAt.getTime() - claimed.getTime() > lateAfterMs;
}

/** The time that orders a record: the storage service's, and of a late one what it says itself. */
export function timeOf(record: Dated): Date {
  return isLate(record) ? (backedUpAt(record) ?? record.createdAt) : record.createdAt;
}

/** Records that are not late before late ones, then newest first; never by name alone. */
export function newestFirst(left: Dated, right: Dated): number {
  return (
    Number(isLate(left)) - Number(isLate(right)) ||
    timeOf(right).getTime() - timeOf(left).getTime() ||
    (left.blobName < right.blobName ? 1 : -1)
  );
}
