import type { Failure } from '../model/failure.ts';
import { causeOfAnswer, describeFailure } from '../model/failure.ts';
import { reasonOf } from '../model/remedy.ts';
import { ServiceError } from '../model/service-error.ts';
import type { SourceId } from '../model/source.ts';
import { describeSource } from '../model/source.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { describeRestorePlace } from './restore-place.ts';

/**
 * Why the service did not restore a record whose digest matches. Its answers differ little, and an HSM's not at all; but the
 * digest has shown that the bytes are what was escrowed, so that "malformed" means the wrong place, or a backup that was never
 * any good.
 */
export function describeRestoreFailure(error: unknown, record: StoredRecord, target: SourceId): Failure {
  const known = error instanceof ServiceError ? knownRefusal(error, record, target) : undefined;
  if (known === undefined || !(error instanceof ServiceError))
    return describeFailure(error, 'restore', target, record.keyName);
  const { code, reason, remedy } = known;
  const cause = causeOfAnswer(error, remedy, `${reason} (${reasonOf(error)})`);
  return { ...cause, code, attempt: 'restore', subject: `key "${record.keyName}" to ${describeSource(target)}` };
}

function knownRefusal(
  { kind }: ServiceError,
  record: StoredRecord,
  target: SourceId,
): { readonly code: string; readonly reason: string; readonly remedy: string } | undefined {
  switch (kind) {
    case 'backupUndecryptable':
      return {
        code: 'wrongPlace',
        reason:
          'its bytes are what was escrowed (the digest matches), but this vault lies in another subscription or geography',
        remedy: describeRestorePlace(record),
      };
    case 'backupMalformed':
      return target.kind === 'managedHsm'
        ? {
            code: 'otherSecurityDomain',
            reason: 'its bytes are what was escrowed (the digest matches), so this HSM has another security domain',
            remedy: describeRestorePlace(record),
          }
        : {
            code: 'neverGood',
            reason: 'the service calls it corrupt although its bytes are what was escrowed (the digest matches)',
            remedy: 'Take an older record (`keyvault-escrow list`), and give the request id to Azure support.',
          };
  }
  return undefined;
}
