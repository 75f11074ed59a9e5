import { dayMs } from '../model/day.ts';
import { parseRunTime, runTimeLagDays, timeMargin } from '../model/run-id.ts';
import type { StoredBlob } from '../ports/escrow-store.ts';
import { parseRecordName } from './blob-names.ts';
import { readRecordMetadata } from './record-metadata.ts';

/** A record is written within minutes of its backup. Longer: the blob was copied here, or planted. */
const lateAfterMs = 60 * 60 * 1000;
const runTimeLagMs = runTimeLagDays * dayMs;

/** When the vault made the backup, as the record says; undefined where it says nothing that can be true. */
export function backedUpAt({ createdAt, metadata }: StoredBlob): Date | undefined {
  const claimed = readRecordMetadata(metadata).backedUpAt;
  return claimed !== undefined && claimed.getTime() <= createdAt.getTime() + timeMargin ? claimed : undefined;
}

export type RecordOrder = ReturnType<typeof orderOf>;

/** What records are ordered by. */
export function orderOf(blob: StoredBlob) {
  const { name: blobName, createdAt } = blob;
  const claimed = backedUpAt(blob);
  const isLate = claimed === undefined || createdAt.getTime() - claimed.getTime() > lateAfterMs || isOfOldRun(blob);
  return {
    /**
     * Whether it was created more than an hour after the backup that it says it holds, or more than eight days after the run that
     * it is named by, where the daily look into its folder does not reach. A label, no fault: AzCopy gives new times of creation,
     * and so does whoever plants a record. It yields to every record that is not late.
     */
    isLate,
    /** The storage service's, and of a late one what it says itself. */
    time: isLate && claimed !== undefined ? claimed : createdAt,
    blobName,
  };
}

function isOfOldRun({ name, createdAt }: StoredBlob): boolean {
  const file = name.slice(name.lastIndexOf('/') + 1);
  // The time alone first: it costs a fraction of the whole name, and few records are so old.
  const runTime = parseRunTime(file.slice(0, file.indexOf('.')));
  const isOld = runTime !== undefined && runTime.getTime() < createdAt.getTime() - runTimeLagMs;
  return isOld && parseRecordName(name) !== undefined;
}

/** Records that are not late before late ones, then newest first; never by name alone. */
export function newestOrderFirst(left: RecordOrder, right: RecordOrder): number {
  return (
    Number(left.isLate) - Number(right.isLate) ||
    right.time.getTime() - left.time.getTime() ||
    (left.blobName < right.blobName ? 1 : -1)
  );
}
