import { EscrowFault } from '../escrow/model/failure.ts';
import { maxRecordBytes } from '../escrow/records/blob-fault.ts';
import type { RecordChoice } from '../escrow/records/record-choice.ts';
import { faultsOfBytes } from '../escrow/records/record-verification.ts';
import { describeRestorePlace, inConfiguredPlace } from '../escrow/restore/restore-place.ts';
import { findRecord } from './find-records.ts';
import type { Task } from './task.ts';

/**
 * The record, its exact bytes, checked against their digest, and in a sentence where it can be restored.
 * @throws EscrowFault for bytes that are not what was written.
 */
export async function downloadRecord(choice: RecordChoice, task: Task) {
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
