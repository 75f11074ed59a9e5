import { describeFailure, type Failure, failureSentence } from '../model/failure.ts';
import type { FailureKind } from '../model/failure-kind.ts';
import { describeSource, sourcePath } from '../model/source.ts';
import type { DrilledKey } from '../records/drill-receipt.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { type Comparison, compareRestored } from '../restore/comparison.ts';
import { describeStranger, strangerInside } from '../restore/restore-failure.ts';
import type { RestorePorts } from '../restore/restore-key.ts';
import { removeKey } from '../restore/restored-key.ts';
import { readVerified, sendRecord } from '../restore/send-record.ts';

export interface DrilledRecord {
  readonly key: DrilledKey;
  /** The name of what is still in the target, or may be. */
  readonly left?: string;
  /** Why the drill must end with this key. */
  readonly stop?: string;
}

/** Refusals that may be the backup's own. Any other, of access or for a moment, says nothing of it. */
const ofBackup: readonly (FailureKind | undefined)[] = [
  'absent',
  'tooLarge',
  'customerKeyRequired',
  'backupUndecryptable',
  'backupMalformed',
  'refused',
];

function saysNothing({ code, kind }: Failure): boolean {
  return code !== 'corruptRecord' && code !== 'stranger' && !ofBackup.includes(kind);
}

/** Restores one record, compares it, and takes away what the restore returned: that alone, whatever has a name there. */
export async function drillRecord(record: StoredRecord, ports: RestorePorts): Promise<DrilledRecord> {
  const { operator, hardDeadline } = ports;
  const { source: target } = operator.keys;
  const { keyName, blobName, sha256 = '' } = record;
  const base = { source: sourcePath(record.source), key: keyName, blobName, sha256 };
  const failed = (failure: Failure): DrilledKey => ({
    ...{ ...base, versions: [], outcome: 'failed', message: failureSentence(failure) },
    ...(saysNothing(failure) && { undecided: true }),
  });
  let wasSent = false;
  try {
    const reference = await ports.referenceOf(record);
    const read = await readVerified(ports.store, record, hardDeadline);
    if ('failure' in read) return { key: failed(read.failure) };
    wasSent = true;
    const sent = await sendRecord(record, read.bytes, ports);
    if (sent.sent === 'failed') {
      if (!sent.mayBeThere) return { key: failed(sent.failure) };
      return { key: failed(sent.failure), left: keyName, stop: `it is unknown whether key "${keyName}" was restored` };
    }
    if (sent.sent === 'conflict') return conflicting(record, sent.conflict.inside?.name ?? keyName, failed, ports);
    const { restored } = sent;
    const comparison = await compareRestored(record, restored.name, reference, operator, hardDeadline);
    const notRemoved = await removeKey(operator, restored, hardDeadline);
    const drilled = { key: drilledKey(record, base, comparison) };
    if (notRemoved !== undefined) return { ...drilled, left: restored.name, stop: failureSentence(notRemoved) };
    return comparison.verdict === 'stranger'
      ? { ...drilled, stop: 'a record holds another key than it says' }
      : drilled;
  } catch (error) {
    const failure = describeFailure(error, 'restore', target, keyName);
    return { key: failed(failure), ...(wasSent && { left: keyName, stop: failureSentence(failure) }) };
  }
}

/** The name was free before: somebody took it, or the answer to our own restore was lost. Neither is ours to delete. */
function conflicting(
  record: StoredRecord,
  inside: string,
  failed: (failure: Failure) => DrilledKey,
  { operator }: RestorePorts,
): DrilledRecord {
  const place = describeSource(operator.keys.source);
  const stranger = strangerInside(record, inside);
  const failure = stranger ?? {
    code: 'nameTaken',
    attempt: 'drill',
    subject: `key "${record.keyName}" in ${place}`,
    reason: 'the name is taken there: somebody else uses this place, or the answer to the restore was lost',
    remedy: 'It is left alone.',
  };
  const why = stranger ? 'this drill did not put it there' : 'no answer says that this drill put it there';
  return { key: failed(failure), left: inside, stop: `key "${inside}" is in ${place}, and ${why}` };
}

function drilledKey(
  record: StoredRecord,
  base: Pick<DrilledKey, 'source' | 'key' | 'blobName' | 'sha256'>,
  { verdict, reasons, versions }: Comparison,
): DrilledKey {
  const compared = { ...base, versions };
  switch (verdict) {
    case 'same':
      return { ...compared, outcome: 'proven' };
    case 'stranger':
      return { ...compared, outcome: 'failed', message: failureSentence(describeStranger(record, reasons)) };
    case 'lacking':
    case 'unproven': {
      const outcome = verdict === 'lacking' ? 'failed' : 'unproven';
      const remedy =
        verdict === 'lacking'
          ? 'Keep the record and find out why before you rely on it; take a new backup of the key now.'
          : 'Let an audit look at the key, then drill it again.';
      const subject = `Key "${record.keyName}" of ${describeSource(record.source)} came back, but is ${verdict}`;
      return { ...compared, outcome, message: `${subject}: ${reasons.join('; ')}. ${remedy}` };
    }
  }
}
