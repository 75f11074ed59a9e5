import { describeFailure, type Failure } from '../model/failure.ts';
import { describeSource, type SourceId } from '../model/source.ts';
import type { KeyOperator } from '../ports/key-operator.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { type Comparison, compareRestored, type KeyReference } from './comparison.ts';
import { describeStranger, strangerInside } from './restore-failure.ts';
import { holderOf, type LeftKey, removeKey } from './restored-key.ts';
import { type SendPorts, sendRecord } from './send-record.ts';

/** A vault or Managed HSM where nothing matters, in the same place as the target: records are restored and compared there first. */
export interface Quarantine {
  readonly operator: KeyOperator;
  /** Asked where the comparison is neither `same` nor `stranger`: whether the bytes are to go to the target. */
  agree(record: StoredRecord, comparison: Comparison): Promise<boolean>;
  /** Called with the key that may be in the quarantine; undefined: none any more. */
  standing(keyName: string | undefined): void;
}

/** Why a record does not go on to its target, and what is left in the quarantine. */
export type Stopped = { readonly outcome: 'stranger' | 'failed'; readonly left?: LeftKey } & Failure;

/**
 * Restores a record in the quarantine, compares it, and deletes and purges it there again.
 * @returns why it goes no further; undefined: it may.
 */
export async function tryInQuarantine(
  record: StoredRecord,
  bytes: Uint8Array,
  reference: KeyReference,
  quarantine: Quarantine,
  ports: SendPorts,
): Promise<Stopped | undefined> {
  const { operator } = quarantine;
  const { source } = operator.keys;
  try {
    const { active, deleted } = await holderOf(operator, record.keyName, ports.softDeadline);
    // Nothing was sent yet: what has the name is somebody else's, and nothing that is left behind.
    if (active ?? deleted) return nameTaken(record, source, 'Take another vault for --through.');
  } catch (error) {
    return { outcome: 'failed', ...describeFailure(error, 'restore', source, record.keyName) };
  }
  quarantine.standing(record.keyName);
  const sent = await sendRecord(record, bytes, { ...ports, operator });
  if (sent.sent === 'failed') {
    if (!sent.mayBeThere) quarantine.standing(undefined);
    const left = sent.mayBeThere && { left: { place: source, name: record.keyName } };
    return { outcome: 'failed', ...sent.failure, ...left };
  }
  if (sent.sent === 'conflict') {
    quarantine.standing(undefined);
    return conflicting(record, sent.conflict.inside?.name ?? record.keyName, source);
  }
  const { restored } = sent;
  const comparison = await compareRestored(record, restored.name, reference, operator, ports.hardDeadline);
  const failure = await removeKey(operator, restored, ports.hardDeadline);
  if (failure !== undefined) return { outcome: 'failed', ...failure, left: { place: source, name: restored.name } };
  quarantine.standing(undefined);
  if (comparison.verdict === 'stranger')
    return { outcome: 'stranger', ...describeStranger(record, comparison.reasons) };
  if (comparison.verdict === 'same' || (await quarantine.agree(record, comparison))) return undefined;
  return notAgreed(record, comparison);
}

function conflicting(record: StoredRecord, inside: string, source: SourceId): Stopped {
  const place = describeSource(source);
  const stranger = strangerInside(record, inside, place);
  if (stranger !== undefined) return { outcome: 'stranger', ...stranger };
  const remedy =
    'Take another vault for --through. If the answer to this very restore was lost, what has the name is its own.';
  return { ...nameTaken(record, source, remedy), left: { place: source, name: inside } };
}

function nameTaken({ keyName }: StoredRecord, source: SourceId, remedy: string): Stopped {
  return {
    outcome: 'failed',
    code: 'nameTaken',
    attempt: 'try',
    subject: `key "${keyName}" in ${describeSource(source)}`,
    reason: 'the name is taken there; nothing was sent to the target',
    remedy,
  };
}

function notAgreed({ keyName, blobName }: StoredRecord, { verdict, reasons }: Comparison): Stopped {
  return {
    outcome: 'failed',
    code: verdict,
    attempt: 'restore',
    subject: `key "${keyName}"`,
    reason: `what the record "${blobName}" holds is ${verdict}: ${reasons.join('; ')}; nothing was sent to the target`,
    remedy: 'With a yes to the question, or with --yes, it goes on.',
  };
}
