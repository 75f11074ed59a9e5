import { describeFailure } from '../model/failure.ts';
import { failedOutcome, type Outcome, type RecordOutcome } from '../model/outcome.ts';
import type { RunId } from '../model/run-id.ts';
import type { EscrowSource } from '../model/source.ts';
import type { SourceKey } from '../model/source-key.ts';
import type { Trigger } from '../ports/escrow-events.ts';
import type { EscrowStore, NewBlob, StoredBlob } from '../ports/escrow-store.ts';
import type { KeySource } from '../ports/key-source.ts';
import type { TimeBudget } from '../ports/time-budget.ts';
import { readBackupFormat } from '../records/backup-envelope.ts';
import { recordName } from '../records/blob-names.ts';
import { putOnce } from '../records/put-once.ts';
import { recordContentType, writeRecordMetadata } from '../records/record-metadata.ts';
import { type ChosenName, replaceTaken, slotUnderName } from './escrow-under-name.ts';
import { type RecordSlot, slotInFolder } from './own-records.ts';

/** What one backup reaches: its source, the store, and the time that it has. */
export interface EscrowPorts {
  readonly keys: KeySource;
  readonly store: EscrowStore;
  readonly now: () => Date;
  readonly time: TimeBudget;
}

/** What every backup knows of the run that it is a part of. */
export interface Job {
  readonly source: EscrowSource;
  readonly runId: RunId;
  readonly trigger: Trigger;
  readonly whatIf: boolean;
}

export interface KeyJob extends Job {
  readonly key: SourceKey;
  /** Look for this run's records before spending a backup call: on a resume, and for every request by name. */
  readonly lookFirst: boolean;
  /** Where the record goes; absent: into the key's own folder. */
  readonly chosenName?: ChosenName | undefined;
}

/**
 * Backs up one key and puts the record into the key's own folder, or under the name that somebody chose, unless this run has a
 * record of the key as it is now. One bad key is an outcome, never an exception.
 */
export async function escrowKey(job: KeyJob, ports: EscrowPorts): Promise<Outcome> {
  try {
    return await backUpAndPut(job, ports);
  } catch (error) {
    return failedOutcome(job.key.name, describeFailure(error, 'backUp', job.source, job.key.name));
  }
}

async function backUpAndPut(job: KeyJob, ports: EscrowPorts): Promise<Outcome> {
  const { source, key, runId, lookFirst } = job;
  let slot: RecordSlot = lookFirst ? await findSlot(job, ports) : { name: recordName(source, key.name, runId) };
  if (slot.settledBy !== undefined) return alreadyEscrowed(key, slot.settledBy);
  if (job.whatIf) return { key: key.name, outcome: 'wouldEscrow', blobName: slot.name };
  const backup = await backUp(job, ports);
  let unexpected: Pick<RecordOutcome, 'unexpectedRecord'> = {};
  for (;;) {
    const record = { ...backup, name: slot.name };
    const put = await (slot.isTaken ? replaceTaken : putOnce)(ports.store, record, ports.time.hardDeadline);
    if (put.written) return { ...escrowed(key, record, put.sha256), ...unexpected };
    // On a first pass nothing of its own can be there yet, but whoever knows the schedule knows the name.
    if (!lookFirst) unexpected = { unexpectedRecord: true };
    slot = await findSlot(job, ports);
    if (slot.settledBy !== undefined) return { ...alreadyEscrowed(key, slot.settledBy), ...unexpected };
  }
}

function findSlot({ source, key, runId, chosenName }: KeyJob, { store, time }: EscrowPorts): Promise<RecordSlot> {
  return chosenName === undefined
    ? slotInFolder(store, source, key, runId, time.hardDeadline)
    : slotUnderName(store, chosenName, key, runId, time.hardDeadline);
}

/** One backup and all that its record says, but for the name. */
async function backUp(
  { source, key, runId, trigger }: KeyJob,
  { keys, time }: EscrowPorts,
): Promise<Omit<NewBlob, 'name'>> {
  const { bytes, takenAt } = await keys.backUpKey(key.name, time.softDeadline);
  const metadata = writeRecordMetadata({
    keyId: key.id,
    runId,
    backedUpAt: takenAt,
    trigger,
    format: readBackupFormat(bytes),
    enabled: key.enabled,
    keyUpdatedAt: key.updatedAt,
    place: source.place,
  });
  return { bytes, contentType: recordContentType, metadata };
}

function escrowed(key: SourceKey, { name, bytes, metadata }: NewBlob, sha256: string): RecordOutcome {
  return {
    key: key.name,
    outcome: 'escrowed',
    blobName: name,
    sha256,
    bytes: bytes.length,
    ...(metadata.format === 'unknown' && { unknownFormat: true }),
  };
}

function alreadyEscrowed(key: SourceKey, { name, length, metadata }: StoredBlob): RecordOutcome {
  return {
    key: key.name,
    outcome: 'alreadyEscrowed',
    blobName: name,
    sha256: metadata.sha256 ?? '',
    bytes: length,
  };
}
