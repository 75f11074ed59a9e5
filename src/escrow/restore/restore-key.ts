import { describeFailure } from '../model/failure.ts';
import { describeKey } from '../model/source.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { compareKey, compareRestored, type KeyReference } from './comparison.ts';
import { readVersions } from './key-versions.ts';
import { type Quarantine, tryInQuarantine } from './quarantine.ts';
import { describeStranger } from './restore-failure.ts';
import type { RestoreOutcome } from './restore-outcome.ts';
import { deletionLine } from './restored-key.ts';
import { readVerified, type SendPorts, sendRecord } from './send-record.ts';
import { settleConflict } from './settle-conflict.ts';

export interface RestorePorts extends SendPorts {
  readonly store: EscrowStore;
  /** What the key is compared with. Asked before the restore, which may go to the key's own source. */
  referenceOf(record: StoredRecord): Promise<KeyReference>;
  /** Where every record is restored and compared first. */
  readonly quarantine?: Quarantine | undefined;
}

/**
 * Brings back one key: reads its record, checks the bytes, restores them and compares what came with what is known, by way of
 * a quarantine where there is one. One bad key is an outcome, never an exception.
 * @param begunBefore an earlier pass had begun with this very record: the name may be taken by its own restore.
 */
export async function restoreRecord(
  record: StoredRecord,
  ports: RestorePorts,
  begunBefore = false,
): Promise<RestoreOutcome> {
  const base = { key: record.keyName, blobName: record.blobName };
  const { operator, hardDeadline } = ports;
  const { source: target } = operator.keys;
  try {
    const reference = await ports.referenceOf(record);
    const read = await readVerified(ports.store, record, ports.softDeadline);
    if ('failure' in read) return { ...base, outcome: 'failed', ...read.failure };
    if (ports.quarantine !== undefined) {
      const stopped = await tryInQuarantine(record, read.bytes, reference, ports.quarantine, ports);
      if (stopped !== undefined) return { ...base, ...stopped };
    }
    const sent = await sendRecord(record, read.bytes, ports);
    if (sent.sent === 'failed') return { ...base, outcome: 'failed', ...sent.failure };
    if (sent.sent === 'conflict') return await settleConflict(record, sent.conflict, reference, ports, begunBefore);
    const { id, name, enabled } = sent.restored;
    const { verdict, ...compared } = await compareRestored(record, name, reference, operator, hardDeadline);
    if (verdict !== 'stranger') return { ...base, outcome: 'restored', id, enabled, verdict, ...compared };
    const left = { place: target, name };
    return { ...base, outcome: 'stranger', left, ...describeStranger(record, compared.reasons, left) };
  } catch (error) {
    return { ...base, outcome: 'failed', ...describeFailure(error, 'restore', target, record.keyName) };
  }
}

/** Brings a soft-deleted key back where it was, and compares it with what audits saw. */
export async function recoverKey(record: StoredRecord, ports: RestorePorts): Promise<RestoreOutcome> {
  const { keyName: key, blobName } = record;
  const { operator, softDeadline, hardDeadline } = ports;
  const { source } = operator.keys;
  try {
    const reference = await ports.referenceOf(record);
    await operator.recoverKey(key, softDeadline);
    const { name, id, enabled } = await operator.keys.getKey(key, hardDeadline);
    // The record says nothing about what is missing in a key that was never away.
    const versions = await readVersions(operator.keys, name, hardDeadline);
    const { verdict, reasons, versions: compared } = compareKey(record, { name, versions }, reference);
    if (verdict !== 'stranger')
      return { key, blobName, outcome: 'recovered', id, enabled, verdict, reasons, versions: compared };
    const stranger = {
      code: 'stranger',
      attempt: 'recover',
      subject: describeKey(record),
      reason: `what was recovered is not the key of the record "${blobName}": ${reasons.join('; ')}`,
      remedy: `If it is not the one, delete it: ${deletionLine(source, name)}. Then restore the key from its record.`,
    };
    return { key, blobName, outcome: 'stranger', left: { place: source, name }, ...stranger };
  } catch (error) {
    return { key, blobName, outcome: 'failed', ...describeFailure(error, 'recover', source, key) };
  }
}
