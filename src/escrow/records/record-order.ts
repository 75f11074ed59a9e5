import { dayMs } from '../model/day.ts';
import { runTimeLagDays, scheduledRunId, timeMargin } from '../model/run-id.ts';
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

interface Order {
  readonly isLate: boolean;
  readonly time: Date;
}

const known = new WeakMap<Dated, Order>();

/** Worked out once for each record, because records are compared with each other. */
function orderOf(record: Dated): Order {
  const order = known.get(record) ?? workOut(record);
  known.set(record, order);
  return order;
}

function workOut(record: Dated): Order {
  const { createdAt } = record;
  const claimed = backedUpAt(record);
  if (claimed === undefined) return { isLate: true, time: createdAt };
  const late = createdAt.getTime() - claimed.getTime() > lateAfterMs || isOfOldRun(record);
  return { isLate: late, time: late ? claimed : createdAt };
}

function isOfOldRun({ blobName, createdAt }: Dated): boolean {
  const oldest = scheduledRunId(new Date(createdAt.getTime() - runTimeLagMs));
  // Names of runs are in the order of their times; few are worth parsing.
  const isOlder = blobName.slice(blobName.lastIndexOf('/') + 1) < oldest;
  return isOlder && parseRecordName(blobName) !== undefined;
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
export function newestFirst(left: Dated, right: Dated): number {
  return (
    Number(isLate(left)) - Number(isLate(right)) ||
    timeOf(right).getTime() - timeOf(left).getTime() ||
    (left.blobName < right.blobName ? 1 : -1)
  );
}
