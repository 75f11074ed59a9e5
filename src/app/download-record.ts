import { EscrowFault } from '../escrow/model/failure.ts';
import { maxRecordBytes } from '../escrow/records/blob-fault.ts';
import type { RecordChoice } from '../escrow/records/record-choice.ts';
import { faultsOfBytes } from '../escrow/records/record-verification.ts';
import { describeRestorePlace, inConfiguredPlace } from '../escrow/restore/restore-place.ts';
import type { FoundRecord } from './find-records.ts';
import { findRecord } from './find-records.ts';
import type { Task } from './task.ts';

export interface DownloadedRecord {
  readonly record: FoundRecord;
  /** The backup's exact bytes, checked against their digest. */
  readonly bytes: Uint8Array;
  /** Where it can be restored: a sentence. */
  readonly restorePlace: string;
}

/** @throws EscrowFault for bytes that are not what was written. */
export async function downloadRecord(choice: RecordChoice, task: Task): Promise<DownloadedRecord> {
  const { record } = await findRecord(choice, task);
  const bytes = await task.services.store.read(record.blobName, task.signal, maxRecordBytes);
  const [fault] = faultsOfBytes(record, bytes);
  if (fault !== undefined) {
    throw new EscrowFault(
      'corruptRecord',
      `The record "${record.blobName}" is corrupt: ${fault.message}. Nothing was written`,
      'Take an older record: --at TIME or --blob-name BLOB.',
    );
  }
  return {
    record,
    bytes,
    restorePlace: describeRestorePlace(inConfiguredPlace(record, task.services.settings.sources)),
  };
}
