import { describeFailure, EscrowFault } from '../model/failure.ts';
import { isDenied } from '../model/failure-kind.ts';
import type { Outcome } from '../model/outcome.ts';
import { failedOutcome } from '../model/outcome.ts';
import { reasonOf } from '../model/remedy.ts';
import type { RunId } from '../model/run-id.ts';
import { OutOfTime, ServiceError } from '../model/service-error.ts';
import type { EscrowSource } from '../model/source.ts';
import type { SourceKey } from '../model/source-key.ts';
import type { Trigger } from '../ports/escrow-events.ts';
import type { EscrowStore, NewBlob, StoredBlob } from '../ports/escrow-store.ts';
import type { KeySource } from '../ports/key-source.ts';
import type { TimeBudget } from '../ports/time-budget.ts';
import { readBackupFormat } from '../records/backup-envelope.ts';
import { isRecordOf, precedesRun, recordContentType, recordMetadata } from '../records/escrow-record.ts';
import { putOnce, sha256Of } from '../records/put-once.ts';

/** What one backup reaches: its source, the container, and the clock. */
export interface EscrowPorts {
  readonly keys: KeySource;
  readonly container: EscrowStore;
  readonly now: () => Date;
  readonly time: TimeBudget;
}

export interface KeyJob {
  readonly source: EscrowSource;
  readonly key: SourceKey;
  readonly blobName: string;
  readonly runId: RunId;
  readonly trigger: Trigger;
  /** Look for this run's record before spending a backup call: on a resume, and for every request by name. */
  readonly lookFirst: boolean;
  /** Replace what another run left under the same name. */
  readonly force: boolean;
}

/** Codes of failures that no retry can mend: the request has to change. */
export const nameTaken = 'blobNameTaken';
export const overwriteRefused = 'overwriteRefused';

/** Backs up one key and puts the record. One bad key is an outcome, never an exception. */
export async function escrowKey(job: KeyJob, ports: EscrowPorts): Promise<Outcome> {
  try {
    return await backUpAndPut(job, ports);
  } catch (error) {
    return failedOutcome(job.key.name, describeFailure(error, 'backUp', job.source, job.key.name));
  }
}

/** What `escrowKey` would come to, as far as looking can tell: a name that is taken is a failure here too. */
export async function foreseeKey(job: KeyJob, { container, time }: EscrowPorts): Promise<Outcome> {
  const { key, blobName, source } = job;
  try {
    const there = await container.look(blobName, time.lastCall);
    return settledBefore(job, there) ?? { key: key.name, outcome: 'wouldEscrow', blobName };
  } catch (error) {
    return failedOutcome(key.name, describeFailure(error, 'backUp', source, key.name));
  }
}

/** What is known before any backup. @throws EscrowFault when another run has the name and `force` is not said. */
function settledBefore(job: KeyJob, there: StoredBlob | undefined): Outcome | undefined {
  if (there === undefined) return undefined;
  if (isRecordOf(there, job.key, job.runId)) return alreadyEscrowed(job, there);
  if (!job.force) throw takenBy(there, job);
  return undefined;
}

async function backUpAndPut(job: KeyJob, { keys, container, now, time }: EscrowPorts): Promise<Outcome> {
  const { source, key, blobName, runId, trigger } = job;
  if (time.outOfTime.aborted) throw new OutOfTime();
  const there = job.lookFirst || job.force ? await container.look(blobName, time.lastCall) : undefined;
  const settled = settledBefore(job, there);
  if (settled !== undefined) return settled;
  const bytes = await keys.backUpKey(key.name, time.outOfTime);
  const record = { key, runId, backedUpAt: now(), trigger, format: readBackupFormat(bytes), place: source.place };
  const blob = { name: blobName, bytes, contentType: recordContentType, metadata: recordMetadata(record) };
  if (there !== undefined) return replace(job, blob, container, time.lastCall);
  const put = await putOnce(container, blob, time.lastCall);
  if (put.written) return escrowed(job, blob, put.sha256);
  if (isRecordOf(put.existing, key, runId)) return alreadyEscrowed(job, put.existing);
  throw takenBy(put.existing, job, put.refusal);
}

function escrowed({ key, blobName }: KeyJob, { bytes, metadata }: NewBlob, sha256: string): Outcome {
  const isUnknown = metadata.format === 'unknown';
  return {
    key: key.name,
    outcome: 'escrowed',
    blobName,
    sha256,
    bytes: bytes.length,
    ...(isUnknown && { unknownFormat: true }),
  };
}

function alreadyEscrowed({ key, blobName }: KeyJob, blob: StoredBlob): Outcome {
  return {
    key: key.name,
    outcome: 'alreadyEscrowed',
    blobName,
    sha256: blob.metadata.sha256 ?? '',
    bytes: blob.length,
  };
}

function takenBy(blob: StoredBlob, { runId }: KeyJob, cause?: ServiceError): EscrowFault {
  const { runid } = blob.metadata;
  const refusal = cause === undefined ? '' : `; ${reasonOf(cause)}`;
  if (runid === runId && precedesRun(blob.createdAt, runId)) {
    return new EscrowFault(
      nameTaken,
      `the blob "${blob.name}" was there before its run could begin, so the app did not write it${refusal}`,
      'Find out who wrote it (storage logs), and escrow the key by a request of its own meanwhile.',
      { cause },
    );
  }
  const owner = runid === undefined ? '' : `, written by run ${runid}`;
  return new EscrowFault(
    nameTaken,
    `the blob "${blob.name}" is already there${owner}${refusal}`,
    'Nothing that exists is overwritten: choose another "blobName", or say "force" where the identity may overwrite.',
    { cause },
  );
}

async function replace(job: KeyJob, blob: NewBlob, container: EscrowStore, lastCall: AbortSignal): Promise<Outcome> {
  const sha256 = sha256Of(blob.bytes);
  try {
    await container.replace({ ...blob, metadata: { ...blob.metadata, sha256 } }, lastCall);
  } catch (error) {
    if (!(error instanceof ServiceError) || !(error.kind === 'writeOnce' || isDenied(error.kind))) throw error;
    throw new EscrowFault(
      overwriteRefused,
      `"force" may not replace the blob "${job.blobName}": ${reasonOf(error)}`,
      'The escrow is write-once for this identity, as deployed: choose another "blobName" and leave the old record be.',
      { cause: error },
    );
  }
  return escrowed(job, blob, sha256);
}
