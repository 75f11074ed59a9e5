import { randomUUID } from 'node:crypto';
import { describeFailure, type Failure } from '../../escrow/model/failure.ts';
import { type RunId, requestRunId } from '../../escrow/model/run-id.ts';
import { skipMessages } from '../../escrow/model/selection.ts';
import type { EscrowSource } from '../../escrow/model/source.ts';
import { type BackupFormat, readBackupFormat } from '../../escrow/records/backup-envelope.ts';
import { sha256Of } from '../../escrow/records/put-once.ts';
import type { Task } from '../task.ts';

/** The backup of one key, all its versions, as the service gave it. */
export interface KeyBackup {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly format: BackupFormat;
}

export type KeyBackupResult =
  /** Without `backup` under what-if. */
  | { readonly outcome: 'done'; readonly key: string; readonly runId: RunId; readonly backup?: KeyBackup }
  | { readonly outcome: 'skipped'; readonly key: string; readonly message: string }
  | { readonly outcome: 'failed'; readonly key: string; readonly failure: Failure };

/** Looks at one key and backs it up. A certificate-backed key is skipped, because the service backs up no such key. */
export async function backUpKey(
  source: EscrowSource,
  name: string,
  whatIf: boolean | undefined,
  { services, signal }: Task,
): Promise<KeyBackupResult> {
  const keys = services.keysOf(source);
  let key = name;
  let operation: 'read' | 'backUp' = 'read';
  try {
    const found = await keys.getKey(name, signal);
    key = found.name;
    if (found.certificateBacked) return { outcome: 'skipped', key, message: skipMessages.certificateBacked };
    const runId = requestRunId(services.now(), randomUUID());
    if (whatIf) return { outcome: 'done', key, runId };
    operation = 'backUp';
    const { bytes } = await keys.backUpKey(key, signal);
    const backup = { bytes, sha256: sha256Of(bytes), format: readBackupFormat(bytes) };
    return { outcome: 'done', key, runId, backup };
  } catch (error) {
    return { outcome: 'failed', key, failure: describeFailure(error, operation, source, key) };
  }
}
