import type { FailureKind } from '../../escrow/model/failure-kind.ts';
import { ServiceError } from '../../escrow/model/service-error.ts';
import { maxRecordBytes } from '../../escrow/records/blob-fault.ts';
import { listEveryRecord } from '../../escrow/records/record-listing.ts';
import { recordContentType } from '../../escrow/records/record-metadata.ts';
import { obstacleOf } from '../../escrow/records/record-obstacle.ts';
import { faultsOfBytes } from '../../escrow/records/record-verification.ts';
import type { StoredRecord } from '../../escrow/records/stored-record.ts';
import { openCopyFolder } from '../../store/folder/copy-folder.ts';
import type { FolderStore } from '../../store/folder/folder-store.ts';
import { forEachRecord, type RecordQuery } from '../find-records.ts';
import { recordPlace, type Task } from '../task.ts';
import { copyPage, type LeftOut } from './copy-page.ts';

export type CopyResult = Awaited<ReturnType<typeof copyEscrow>>;

/**
 * Copies records into a folder: their digests are checked on the way, their times of creation are kept, and what is there already
 * stays. Writes `SHA256SUMS` and a page about all that the folder holds then. Any copy can be gone on with.
 * @param to the folder, made where it is not there.
 * @returns `already`: there from an earlier copy, the same to the byte as far as their digests say.
 * @throws ServiceError when either side cannot be reached; one bad record is left out, never a reason to stop.
 */
export async function copyEscrow(query: RecordQuery, to: string, task: Task, onRecord: () => void) {
  const { store, now } = task.services;
  const folder = await openCopyFolder(to, now);
  try {
    const tally = { copied: 0, bytes: 0, already: 0, leftOut: [] as LeftOut[] };
    await forEachRecord(query, task, async (record) => {
      const result = await copyRecord(record, folder.store, task);
      if (typeof result === 'object') tally.leftOut.push(result);
      else if (result === 'already') tally.already++;
      else {
        tally.copied++;
        tally.bytes += record.blob.length;
      }
      onRecord();
    });

    const held: StoredRecord[] = [];
    const copied = { ...recordPlace(task), store: folder.store };
    for await (const group of listEveryRecord(copied, {})) held.push(...group);
    const manifest = await folder.writeBeside('SHA256SUMS', sumsOf(held));
    const page = await folder.writeBeside(
      'index.html',
      copyPage({ from: store.url, at: now(), records: held, leftOut: tally.leftOut }),
    );
    return { ...tally, manifest, page };
  } finally {
    await folder.store.release();
  }
}

/** Failures of one record alone: its name is none for a file, or its bytes cannot be had. */
const ofOneRecord: readonly FailureKind[] = ['nameRefused', 'absent', 'notReadable', 'tooLarge'];

async function copyRecord(
  record: StoredRecord,
  to: FolderStore,
  { services, signal }: Task,
): Promise<'copied' | 'already' | LeftOut> {
  const { blobName, source, keyName, createdAt, blob, sha256 } = record;
  const leftOut = (code: string, reason: string): LeftOut => ({ source, keyName, blobName, code, reason });
  const obstacle = obstacleOf(record);
  if (obstacle !== undefined) return leftOut(obstacle.code, `it ${obstacle.reason}`);
  try {
    const existing = await to.find(blobName, signal);
    if (existing !== undefined) {
      const isSame = existing.metadata.sha256 === sha256 && existing.length === blob.length;
      return isSame ? 'already' : leftOut('differs', 'the folder has other bytes under its name');
    }
    const bytes = await services.store.read(blobName, signal, maxRecordBytes);
    const [fault] = faultsOfBytes(record, bytes);
    if (fault !== undefined) return leftOut(fault.code, fault.message);
    const copy = { name: blobName, bytes, contentType: recordContentType, metadata: blob.metadata };
    const { outcome } = await to.createCopy(copy, createdAt, signal);
    return outcome === 'created' ? 'copied' : leftOut('differs', 'another process wrote it meanwhile');
  } catch (error) {
    if (!(error instanceof ServiceError) || !ofOneRecord.includes(error.kind)) throw error;
    return leftOut(error.kind, error.message);
  }
}

/** What `sha256sum -c` reads: the digest as it was when the record was written, two spaces, the path. */
function sumsOf(records: readonly StoredRecord[]): string {
  return records
    .flatMap(({ blobName, sha256 }) => (sha256 === undefined ? [] : [`${sha256}  ${blobName}\n`]))
    .sort((left, right) => (left.slice(66) < right.slice(66) ? -1 : 1))
    .join('');
}
