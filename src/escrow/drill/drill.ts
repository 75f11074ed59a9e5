import { describeFailure, type Failure } from '../model/failure.ts';
import { describeSource, sourcePath } from '../model/source.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { drillJournalFormat, openDrill } from '../records/drill-journal.ts';
import { type DrilledKey, type DrillReceipt, drillFormat, putDrillReceipt } from '../records/drill-receipt.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import type { RestorePorts } from '../restore/restore-key.ts';
import type { RestoreTarget } from '../restore/restore-place.ts';
import { type DrilledRecord, drillRecord } from './drill-record.ts';
import { sweepCommand } from './drill-target.ts';

export interface DrillPorts extends RestorePorts {
  readonly drills: EscrowStore;
  readonly now: () => Date;
  /** Called with the key that may be in the target; undefined: none any more. */
  standing(keyName: string | undefined): void;
  ended(key: DrilledKey): void;
}

export interface Drill {
  readonly receipt: DrillReceipt;
  /** Absent where it could not be written: the journal stays open then. */
  readonly receiptName?: string;
  readonly receiptFailure?: Failure;
}

/**
 * Restores records into a drill target one by one, compares each with what is known, and destroys it again before the next: so
 * at most one drilled key is anywhere at any time. Journal first, receipt last. It deletes only what its own restore returned,
 * and stops at the first stranger, where something is left, and at `softDeadline`.
 */
export async function runDrill(
  records: readonly StoredRecord[],
  target: RestoreTarget,
  ports: DrillPorts,
): Promise<Drill> {
  const { drills, now, hardDeadline } = ports;
  const startedAt = now().toISOString();
  const path = sourcePath(target.source);
  const keys = records.map(({ source, keyName, blobName }) => ({ source: sourcePath(source), key: keyName, blobName }));
  const journal = { format: drillJournalFormat, startedAt, target: path, keys } as const;
  const drillId = await openDrill(drills, journal, hardDeadline);

  const drilled: DrilledKey[] = [];
  let last: DrilledRecord | undefined;
  let stopped: string | undefined;
  for (const record of records) {
    if (ports.softDeadline.aborted) stopped = 'it was interrupted';
    if (stopped !== undefined) break;
    ports.standing(record.keyName);
    // What is under way ends, compared and taken away, whatever signal came.
    last = await drillRecord(record, { ...ports, softDeadline: hardDeadline });
    ports.standing(last.left);
    drilled.push(last.key);
    ports.ended(last.key);
    stopped = last.stop;
  }
  const receipt: DrillReceipt = {
    format: drillFormat,
    startedAt,
    finishedAt: now().toISOString(),
    target: path,
    place: target.place,
    status:
      stopped !== undefined ? 'stopped' : drilled.every(({ outcome }) => outcome === 'proven') ? 'ok' : 'findings',
    ...(stopped !== undefined && { message: stopped }),
    keys: drilled,
    ...(last?.left !== undefined && { left: [last.left] }),
  };
  try {
    return { receipt, receiptName: await putDrillReceipt(drills, drillId, receipt, hardDeadline) };
  } catch (error) {
    return { receipt, receiptFailure: describeFailure(error, 'report', target.source) };
  }
}

/** What is left in a target, and how it is taken away. */
export function describeLeft(left: string, { source }: RestoreTarget): string {
  return `Left behind: key "${left}" in ${describeSource(source)}, active or deleted. See what it is, and take it away: ${sweepCommand(source)}.`;
}
