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
import { freeNumber, listOwnRecords, type OwnRecord, settledBy } from './own-records.ts';

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
}

/**
 * Backs up one key and puts the record into the key's own folder, unless this run has a record of the key as it is now. One bad
 * key is an outcome, never an exception.
 */
export function escrowKey(job: KeyJob, ports: EscrowPorts): Promise<Outcome> {
  return orFailed(job, () => backUpAndPut(job, ports));
}

async function backUpAndPut(job: KeyJob, ports: EscrowPorts): Promise<Outcome> {
  const { source, key, runId, lookFirst } = job;
  let own = lookFirst ? await ownRecords(job, ports) : [];
  const settled = settledBy(own, key, runId);
  if (settled !== undefined) return alreadyEscrowed(key, settled);
  if (job.whatIf) return wouldEscrow(key, recordName(source, key.name, runId, freeNumber(own)));
  const record = await backUp(job, ports);
  for (;;) {
    const name = recordName(source, key.name, runId, freeNumber(own));
    const put = await putOnce(ports.store, { ...record, name }, ports.time.hardDeadline);
    // On a first pass nothing of its own can be there yet, but whoever knows the schedule knows the name.
    const unexpected = !lookFirst && own.length > 0 ? { unexpectedRecord: true as const } : {};
    if (put.written) return { ...escrowed(key, { ...record, name }, put.sha256), ...unexpected };
    own = await ownRecords(job, ports);
    const meanwhile = settledBy(own, key, runId);
    if (meanwhile !== undefined) {
      return { ...alreadyEscrowed(key, meanwhile), ...(!lookFirst && { unexpectedRecord: true as const }) };
    }
  }
}

function ownRecords({ source, key, runId }: KeyJob, { store, time }: EscrowPorts): Promise<OwnRecord[]> {
  return listOwnRecords(store, source, key.name, runId, time.hardDeadline);
}

/** One backup and all that its record says, but for the name. */
export async function backUp(
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

export async function orFailed({ key, source }: KeyJob, attempt: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await attempt();
  } catch (error) {
    return failedOutcome(key.name, describeFailure(error, 'backUp', source, key.name));
  }
}

export function escrowed(key: SourceKey, { name, bytes, metadata }: NewBlob, sha256: string): RecordOutcome {
  return {
    key: key.name,
    outcome: 'escrowed',
    blobName: name,
    sha256,
    bytes: bytes.length,
    ...(metadata.format === 'unknown' && { unknownFormat: true }),
  };
}

export function wouldEscrow({ name: key }: SourceKey, blobName: string): Outcome {
  return { key, outcome: 'wouldEscrow', blobName };
}

export function alreadyEscrowed(key: SourceKey, { name, length, metadata }: StoredBlob): RecordOutcome {
  return {
    key: key.name,
    outcome: 'alreadyEscrowed',
    blobName: name,
    sha256: metadata.sha256 ?? '',
    bytes: length,
  };
}
