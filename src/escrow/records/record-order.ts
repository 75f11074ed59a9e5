import { dayMs } from '../model/day.ts';
import { parseRunTime, runTimeLagDays, timeMargin } from '../model/run-id.ts';
import { parseRecordName } from './blob-names.ts';
import { readRecordMetadata } from './record-metadata.ts';
import type { StoredRecord } from './stored-record.ts';

/** A record is written within minutes of its backup. Longer: the blob was copied here, or planted. */
const lateAfterMs = 60 * 60 * 1000;
const runTimeLagMs = runTimeLagDays * dayMs;

type Dated = Pick<StoredRecord, 'createdAt' | 'metadata' | 'blobName'>;

/** When the vault made the backup, as the record says; undefined where it says nothing that can be true. */
export function backedUpAt({ createdAt, metadata }: Dated): Date | undefined {
  const claimed = readRecordMetadata(metadata).backedUpAt;
  return claimed !== undefined && claimed.getTime() <= createdAt.getTime() + timeMargin ? claimed : undefined;
}

/** What records are ordered by. */
export interface RecordOrder {
  readonly isLate: boolean;
  readonly time: Date;
  readonly blobName: string;
}

export function orderOf(record: Dated): RecordOrder {
  const { blobName, createdAt } = record;
  const claimed = backedUpAt(record);
  if (claimed === undefined) return { isLate: true, time: createdAt, blobName };
  const late = createdAt.getTime() - claimed.getTime() > lateAfterMs || isOfOldRun(record);
  return { isLate: late, time: late ? claimed : createdAt, blobName };
}

function isOfOldRun({ blobName, createdAt }: Dated): boolean {
  const file = blobName.slice(blobName.lastIndexOf('/') + 1);
  // The time alone first: it costs a fraction of the whole name, and few records are so old.
  const runTime = parseRunTime(file.slice(0, file.indexOf('.')));
  const isOld = runTime !== undefined && runTime.getTime() < createdAt.getTime() - runTimeLagMs;
  return isOld && parseRecordName(blobName) !== undefined;
}

/**
 * Whether a record was created more than an hour after the backup that it says it holds, or more than eight days after the run
 * that it is named by, where the daily look into its folder does not reach. A label, no fault: AzCopy gives new times of
 * creation, and so does whoever plants a record. It yields to every record that is not late.
 */
export function isLate(record: Dated): boolean {
  return orderOf(record).isLate;
}

/** The time that orders a record: the storage service's, and of a late one what it says itself. */
export function timeOf(record: Dated): Date {
  return orderOf(record).time;
}

/** Records that are not late before late ones, then newest first; never by name alone. */
export function newestOrderFirst(left: RecordOrder, right: RecordOrder): number {
  return (
    Number(left.isLate) - Number(right.isLate) ||
    right.time.getTime() - left.time.getTime() ||
    (left.blobName < right.blobName ? 1 : -1)
  );
}

const known = new WeakMap<Dated, RecordOrder>();

/** The same of the records themselves. The order of each is worked out once, because a sort compares it many times. */
export function newestFirst(left: Dated, right: Dated): number {
  return newestOrderFirst(knownOrder(left), knownOrder(right));
}

function knownOrder(record: Dated): RecordOrder {
  const order = known.get(record) ?? orderOf(record);
  known.set(record, order);
  return order;
}
