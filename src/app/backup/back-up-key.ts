import { randomUUID } from 'node:crypto';
import type { Failure } from '../../escrow/model/failure.ts';
import { describeFailure } from '../../escrow/model/failure.ts';
import type { RunId } from '../../escrow/model/run-id.ts';
import { requestRunId } from '../../escrow/model/run-id.ts';
import { explainSkip } from '../../escrow/model/selection.ts';
import type { EscrowSource } from '../../escrow/model/source.ts';
import type { SourceKey } from '../../escrow/model/source-key.ts';
import type { BackupFormat } from '../../escrow/records/backup-envelope.ts';
import { readBackupFormat } from '../../escrow/records/backup-envelope.ts';
import { sha256Of } from '../../escrow/records/put-once.ts';
import type { Task } from '../task.ts';

/** The backup of one key, all its versions, as the service gave it. */
export interface KeyBackup {
  readonly key: SourceKey;
  readonly runId: RunId;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly format: BackupFormat;
}

export type KeyBackupResult =
  /** Call `backUp` once it is clear where the bytes go. */
  | {
      readonly outcome: 'ready';
      readonly key: SourceKey;
      readonly runId: RunId;
      backUp(): Promise<KeyBackup | { readonly failure: Failure }>;
    }
  | { readonly outcome: 'skipped'; readonly key: string; readonly message: string }
  | { readonly outcome: 'failed'; readonly key: string; readonly failure: Failure };

/** Looks at one key, and offers to back it up. A certificate-backed key is skipped, because the service backs up no such key. */
export async function backUpKey(
  source: EscrowSource,
  name: string,
  { services, signal }: Task,
): Promise<KeyBackupResult> {
  const keys = services.keysOf(source);
  let key: SourceKey;
  try {
    key = await keys.getKey(name, signal);
  } catch (error) {
    return { outcome: 'failed', key: name, failure: describeFailure(error, 'read', source, name) };
  }
  if (key.certificateBacked) return { outcome: 'skipped', key: key.name, message: explainSkip('certificateBacked') };
  const runId = requestRunId(services.now(), randomUUID());
  return {
    outcome: 'ready',
    key,
    runId,
    async backUp() {
      try {
        const { bytes } = await keys.backUpKey(key.name, signal);
        return { key, runId, bytes, sha256: sha256Of(bytes), format: readBackupFormat(bytes) };
      } catch (error) {
        return { failure: describeFailure(error, 'backUp', source, key.name) };
      }
    },
  };
}
