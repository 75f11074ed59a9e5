import { randomUUID } from 'node:crypto';
import { describeFailure, failureSentence } from '../../escrow/model/failure.ts';
import { requestRunId } from '../../escrow/model/run-id.ts';
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

/**
 * Looks at one key and backs it up. A certificate-backed key is skipped, because the service backs up no such key.
 * @returns `done` without `backup` under what-if.
 */
export async function backUpKey(
  source: EscrowSource,
  name: string,
  whatIf: boolean | undefined,
  { services, signal }: Task,
) {
  const keys = services.keysOf(source);
  let keyName = name;
  let operation: 'read' | 'backUp' = 'read';
  try {
    const found = await keys.getKey(name, signal);
    keyName = found.name;
    if (found.certificateBacked) {
      return { outcome: 'skipped', keyName, message: skipMessages.certificateBacked } as const;
    }
    const runId = requestRunId(services.now(), randomUUID());
    if (whatIf) return { outcome: 'done', keyName, runId } as const;
    operation = 'backUp';
    const { bytes } = await keys.backUpKey(keyName, signal);
    const backup: KeyBackup = { bytes, sha256: sha256Of(bytes), format: readBackupFormat(bytes) };
    return { outcome: 'done', keyName, runId, backup } as const;
  } catch (error) {
    const message = failureSentence(describeFailure(error, operation, source, keyName));
    return { outcome: 'failed', keyName, message } as const;
  }
}
