import type { Failure } from '../model/failure.ts';
import { describeFailure } from '../model/failure.ts';
import { ServiceError } from '../model/service-error.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import type { KeyOperator } from '../ports/key-operator.ts';
import { sha256Of } from '../records/put-once.ts';
import { faultsOfBytes } from '../records/record-verification.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { describeRestoreFailure } from './restore-failure.ts';

export interface RestorePorts {
  readonly container: EscrowStore;
  readonly operator: KeyOperator;
  readonly outOfTime: AbortSignal;
  sleep(ms: number, until: AbortSignal): Promise<void>;
}

/** What became of one record that was to be brought back. */
export type RestoreOutcome = { readonly key: string; readonly blobName: string } & (
  | {
      readonly outcome: 'restored' | 'alreadyThere';
      /** Key identifier without version. */
      readonly id: string;
      readonly sha256: string;
    }
  | { readonly outcome: 'recovered'; readonly id: string }
  | ({ readonly outcome: 'failed' } & Failure)
);

// A purge goes on in the background: its name answers 409 for a while, though no key shows it any more.
const purgeWaitsMs = [1000, 2000, 4000, 8000, 15_000];

/**
 * Reads a record, checks its bytes and restores them, where the name was seen to be free. One bad key is an outcome, never an
 * exception.
 */
export async function restoreRecord(record: StoredRecord, ports: RestorePorts): Promise<RestoreOutcome> {
  const { keyName: key, blobName } = record;
  const { source } = ports.operator.keys;
  let bytes: Uint8Array;
  try {
    bytes = await ports.container.read(blobName, ports.outOfTime);
  } catch (error) {
    return { key, blobName, outcome: 'failed', ...describeFailure(error, 'readRecord', record.source, key) };
  }
  const faults = faultsOfBytes(record, bytes);
  if (faults.length > 0) return { key, blobName, outcome: 'failed', ...corrupt(record, faults[0]?.message ?? '') };
  try {
    const id = await restoreBytes(record, bytes, ports);
    return { key, blobName, outcome: 'restored', id, sha256: sha256Of(bytes) };
  } catch (error) {
    return { key, blobName, outcome: 'failed', ...describeRestoreFailure(error, record, source) };
  }
}

async function restoreBytes(record: StoredRecord, bytes: Uint8Array, ports: RestorePorts): Promise<string> {
  const { operator, outOfTime } = ports;
  for (const wait of [...purgeWaitsMs, undefined]) {
    try {
      return (await operator.restoreKey(bytes, outOfTime)).id;
    } catch (error) {
      if (!(error instanceof ServiceError) || error.kind !== 'conflict') throw error;
      const found = await operator.findKey(record.keyName, outOfTime);
      if (found !== undefined && (await isFromRecord(record, operator, outOfTime))) return found.id;
      const deleted = found === undefined ? await operator.findDeletedKey(record.keyName, outOfTime) : undefined;
      if (found !== undefined || deleted !== undefined || wait === undefined) throw error;
      await ports.sleep(wait, outOfTime);
    }
  }
  throw new Error('unreachable: the last round returns or throws');
}

/**
 * Whether the key that now has the name came from this record: a restore keeps the times of creation, so every version is
 * older than the record. Asked only where the name was free a moment before or where our own receipt says that the restore
 * had begun: then it is the restore whose answer was lost.
 */
export async function isFromRecord(
  record: StoredRecord,
  operator: KeyOperator,
  outOfTime: AbortSignal,
): Promise<boolean> {
  // Both clocks are the service's; the vault's tells whole seconds.
  const latest = record.createdAt.getTime() + 1000;
  for await (const { createdAt } of operator.keys.listVersions(record.keyName, outOfTime)) {
    if (createdAt === undefined || createdAt.getTime() > latest) return false;
  }
  return true;
}

/** Brings a soft-deleted key back where it was. */
export async function recoverKey(record: StoredRecord, ports: RestorePorts): Promise<RestoreOutcome> {
  const { keyName: key, blobName } = record;
  const { operator, outOfTime } = ports;
  try {
    await operator.recoverKey(key, outOfTime);
    const { id } = await operator.keys.getKey(key, outOfTime);
    return { key, blobName, outcome: 'recovered', id };
  } catch (error) {
    return { key, blobName, outcome: 'failed', ...describeFailure(error, 'recover', operator.keys.source, key) };
  }
}

function corrupt({ keyName, blobName }: StoredRecord, reason: string): Failure {
  const remedy = `Restore an older record of the key (\`keyvault-escrow list --name ${keyName}\`); keep this blob for whoever finds out what happened to it.`;
  return {
    code: 'corruptRecord',
    attempt: 'restore',
    subject: `key "${keyName}"`,
    reason: `the record "${blobName}" is corrupt: ${reason}; nothing was sent to the service`,
    remedy,
  };
}
