import { describeFailure, type Failure } from '../model/failure.ts';
import type { FailureKind } from '../model/failure-kind.ts';
import { OutOfTime, ServiceError } from '../model/service-error.ts';
import { describeKey } from '../model/source.ts';
import { type ConflictWait, conflictWaitsMs } from '../ports/conflict-wait.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import type { KeyInside, KeyOperator } from '../ports/key-operator.ts';
import { maxRecordBytes } from '../records/blob-fault.ts';
import { faultsOfBytes } from '../records/record-verification.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { describeRestoreFailure } from './restore-failure.ts';
import { holderOf, type RestoredKey } from './restored-key.ts';

export interface SendPorts {
  readonly operator: KeyOperator;
  /** No further attempt starts after it aborts. */
  readonly softDeadline: AbortSignal;
  /** Looking at what has the name goes on until then. */
  readonly hardDeadline: AbortSignal;
  sleep(ms: number, until: AbortSignal): Promise<void>;
  /** Called before a wait for a purge that still goes on. */
  waiting(wait: ConflictWait): void;
}

/** What has the name of the key inside a record that the service would not restore over it. */
export interface NameConflict {
  readonly inside: KeyInside | undefined;
  readonly refusal: ServiceError;
  /** What has the name; neither: nothing could be seen under it, for minutes. */
  readonly holder: Awaited<ReturnType<typeof holderOf>>;
}

export type Sent =
  | { readonly sent: 'restored'; readonly restored: RestoredKey }
  | { readonly sent: 'conflict'; readonly conflict: NameConflict }
  /** `mayBeThere`: no answer rules out that it was restored. */
  | { readonly sent: 'failed'; readonly failure: Failure; readonly mayBeThere: boolean };

/** Reads a record and checks its bytes. @returns why they must not be restored, or the bytes. */
export async function readVerified(
  store: EscrowStore,
  record: StoredRecord,
  deadline: AbortSignal,
): Promise<{ readonly bytes: Uint8Array } | { readonly failure: Failure }> {
  try {
    const bytes = await store.read(record.blobName, deadline, maxRecordBytes);
    const [fault] = faultsOfBytes(record, bytes);
    return fault === undefined ? { bytes } : { failure: corrupt(record, fault.message) };
  } catch (error) {
    return { failure: describeFailure(error, 'readRecord', record.source, record.keyName) };
  }
}

/** Sends the bytes of a record. Where nothing has the name that it is refused for, a purge still goes on: that is waited out. */
export async function sendRecord(record: StoredRecord, bytes: Uint8Array, ports: SendPorts): Promise<Sent> {
  const { operator, softDeadline, hardDeadline } = ports;
  const { source } = operator.keys;
  try {
    for (const ms of [...conflictWaitsMs, undefined]) {
      const answer = await operator.restoreKey(bytes, softDeadline);
      if (answer.answer === 'restored') {
        const { name, id, enabled } = answer.key;
        return { sent: 'restored', restored: { name, id, enabled, version: answer.version } };
      }
      const { inside, refusal } = answer;
      const keyName = inside?.name ?? record.keyName;
      const holder = await holderOf(operator, keyName, hardDeadline);
      if (holder.active || holder.deleted || ms === undefined) {
        return { sent: 'conflict', conflict: { inside, refusal, holder } };
      }
      ports.waiting({ source, operation: 'restore', keyName, ms, refusal });
      await ports.sleep(ms, softDeadline);
    }
    throw new Error('unreachable: the last round returns');
  } catch (error) {
    return { sent: 'failed', failure: describeRestoreFailure(error, record, source), mayBeThere: !isRefusal(error) };
  }
}

const withoutClearAnswer: readonly FailureKind[] = [
  'noAnswer',
  'invalidAnswer',
  'unavailable',
  'gatewayUnavailable',
  'conflict',
  'misrouted',
];

/** Whether the service has said that it did not restore. */
function isRefusal(error: unknown): boolean {
  if (error instanceof OutOfTime) return false;
  return error instanceof ServiceError && !withoutClearAnswer.includes(error.kind);
}

function corrupt(record: StoredRecord, fault: string): Failure {
  return {
    code: 'corruptRecord',
    attempt: 'restore',
    subject: describeKey(record),
    reason: `the record "${record.blobName}" is corrupt: ${fault}. Nothing was sent to the service`,
    remedy:
      'Restore an older record of the key (--at or --blob-name); keep this blob for whoever finds out what happened to it.',
  };
}
