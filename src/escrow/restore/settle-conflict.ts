import { refusalOf } from '../model/failure.ts';
import { describeSource } from '../model/source.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { compareKey, type KeyReference, knownVersions } from './comparison.ts';
import { readVersions } from './key-versions.ts';
import { describeStranger, strangerInside } from './restore-failure.ts';
import type { RestoreOutcome } from './restore-outcome.ts';
import { deletionLine } from './restored-key.ts';
import type { NameConflict, SendPorts } from './send-record.ts';

/**
 * What a 409 to a restore comes to, where the name was free a moment before or an earlier pass had begun: a restore whose
 * answer was lost, or somebody else's key. Versions settle it, never ages. No message advises to delete the key that has the name
 * unless the record is known to hold the right key.
 */
export async function settleConflict(
  record: StoredRecord,
  { inside, refusal, holder }: NameConflict,
  reference: KeyReference,
  { operator, hardDeadline: deadline }: SendPorts,
  begunBefore: boolean,
): Promise<RestoreOutcome> {
  const { keyName: key, blobName } = record;
  const { source: target } = operator.keys;
  const place = describeSource(target);
  const base = { key, blobName };
  const failed = (code: string, reason: string, remedy: string): RestoreOutcome => {
    const failure = { code, attempt: 'restore', subject: `key "${key}" to ${place}`, reason, remedy };
    return { ...base, outcome: 'failed', ...refusalOf(refusal, failure) };
  };
  const stranger = strangerInside(record, inside?.name ?? key, place);
  if (stranger !== undefined) return { ...base, outcome: 'stranger', ...stranger };
  const isRightRecord = inside?.version !== undefined && knownVersions(reference).has(inside.version);
  if (holder.active === undefined && holder.deleted === undefined) {
    return failed(
      'nameHeld',
      'a key of that name is still being purged there',
      'Wait until it is gone, then run the same again.',
    );
  }
  if (holder.deleted !== undefined) {
    const version = holder.deleted.version === undefined ? '' : ` (version ${holder.deleted.version})`;
    const otherwise = 'choose another target';
    return failed(
      'nameDeleted',
      `a deleted key${version} still holds the name there`,
      isRightRecord
        ? `Recover that key if it is the one (az keyvault key recover), purge it if it is not, or ${otherwise}.`
        : `Look what it is before you purge it: what the record holds is not known. Or ${otherwise}.`,
    );
  }
  const versions = await readVersions(operator.keys, key, deadline);
  if (inside?.version !== undefined && !versions.has(inside.version)) {
    return failed(
      'nameTaken',
      `another key has the name there, without version ${inside.version} of the record`,
      isRightRecord
        ? `A restore never renames and never overwrites: choose another target, or delete and purge that key: ${deletionLine(target, key)}.`
        : 'Do not delete that key: nobody knows the version that the record holds. Restore the record to a vault of its own to see what it is.',
    );
  }
  const { verdict, reasons, versions: compared } = compareKey(record, { name: key, versions }, reference);
  if (verdict === 'stranger' && inside?.version !== undefined) {
    const left = { place: target, name: key };
    return { ...base, outcome: 'stranger', left, ...describeStranger(record, reasons, left) };
  }
  if (verdict === 'stranger' || (verdict !== 'same' && inside?.version === undefined)) {
    const remedy = 'Choose another target. Do not delete that key before you know what it is.';
    const what =
      verdict === 'stranger' ? `it is not this one: ${reasons.join('; ')}` : 'it is unknown whether it is this one';
    return failed('nameTaken', `a key has the name there, and ${what}`, remedy);
  }
  const { id, enabled } = await operator.keys.getKey(key, deadline);
  const outcome = begunBefore ? 'alreadyThere' : 'restored';
  return { ...base, outcome, id, enabled, verdict, reasons, versions: compared };
}
