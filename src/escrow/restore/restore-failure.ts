import { describeFailure, type Failure, refusalOf } from '../model/failure.ts';
import { ServiceError } from '../model/service-error.ts';
import { describeKey, describeSource, type SourceId } from '../model/source.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { describeRestorePlace } from './restore-place.ts';
import { deletionLine, type LeftKey } from './restored-key.ts';

/**
 * Why the service did not restore a record whose digest matches. Its answers differ little, and an HSM's not at all; but the
 * digest has shown that the bytes are what was escrowed, so that "malformed" means the wrong place, or a backup that was never
 * any good.
 */
export function describeRestoreFailure(error: unknown, record: StoredRecord, target: SourceId): Failure {
  const known = error instanceof ServiceError ? knownRefusal(error, record, target) : undefined;
  return known ?? describeFailure(error, 'restore', target, record.keyName);
}

function knownRefusal(error: ServiceError, record: StoredRecord, target: SourceId): Failure | undefined {
  const refused = (code: string, reason: string, remedy: string): Failure => {
    const subject = `key "${record.keyName}" to ${describeSource(target)}`;
    return refusalOf(error, { code, attempt: 'restore', subject, reason, remedy });
  };
  if (error.kind === 'backupUndecryptable') {
    return refused(
      'wrongPlace',
      'its bytes are what was escrowed (the digest matches), but this vault lies in another subscription or geography',
      describeRestorePlace(record),
    );
  }
  if (error.kind !== 'backupMalformed') return undefined;
  if (target.kind === 'managedHsm') {
    return refused(
      'otherSecurityDomain',
      'its bytes are what was escrowed (the digest matches), so this HSM has another security domain',
      describeRestorePlace(record),
    );
  }
  return refused(
    'neverGood',
    'the service calls it corrupt although its bytes are what was escrowed (the digest matches)',
    'Take an older record (`keyvault-escrow list`), and give the request id to Azure support.',
  );
}

/** A record that holds another key than it says. @param left where that key is now; absent: it was taken away, or never there. */
export function describeStranger(record: StoredRecord, reasons: readonly string[], left?: LeftKey): Failure {
  const line = left === undefined ? '' : `Delete it: ${deletionLine(left.place, left.name)}. `;
  const place = left === undefined ? '' : `. It is in ${describeSource(left.place)} now, as key "${left.name}"`;
  return {
    code: 'stranger',
    attempt: 'restore',
    subject: describeKey(record),
    reason: `what the record "${record.blobName}" holds is not that key: ${reasons.join('; ')}${place}`,
    remedy: `${line}Keep the record, find out who wrote it, and restore an older one (--at or --blob-name).`,
  };
}

/** What a refused restore shows of a record that holds a key of another name. @param takenIn where that name is taken. */
export function strangerInside(record: StoredRecord, inside: string, takenIn?: string): Failure | undefined {
  if (inside.toLowerCase() === record.keyName.toLowerCase()) return undefined;
  const taken = takenIn === undefined ? '' : `, a name that is taken in ${takenIn}`;
  return describeStranger(record, [`the service found key "${inside}" in it${taken}`]);
}
