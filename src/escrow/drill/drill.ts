import type { Failure } from '../model/failure.ts';
import { describeFailure, EscrowFault, failureHeadline, failureSentence } from '../model/failure.ts';
import type { FailureKind } from '../model/failure-kind.ts';
import { describeSource } from '../model/source.ts';
import { sourcePath } from '../model/source-path.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { drillReceiptName } from '../records/blob-names.ts';
import type { DrilledKey, DrillReceipt } from '../records/drill-receipt.ts';
import { drillFormat } from '../records/drill-receipt.ts';
import { putOnce } from '../records/put-once.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import type { RestorePorts } from '../restore/restore-key.ts';
import { restoreRecord } from '../restore/restore-key.ts';
import type { RestoreTarget } from '../restore/restore-place.ts';
import type { ChosenRecord } from './drill-choice.ts';
import type { DrillReference } from './drill-comparison.ts';
import { compareVersions, readVersions } from './drill-comparison.ts';
import { drillJournalFormat, putDrillJournal } from './drill-journal.ts';
import type { DrillLeftovers } from './drill-target.ts';
import { removeDrilledKey } from './drill-target.ts';

export interface DrillPorts extends Omit<RestorePorts, 'outOfTime'> {
  /** Where journals and receipts go. */
  readonly drills: EscrowStore;
  readonly now: () => Date;
  /** No further key is begun after it aborts. */
  readonly outOfTime: AbortSignal;
  /** What is under way, and taking it away again, goes on until then. */
  readonly lastCall: AbortSignal;
  /** What a restored key is compared with. */
  referenceOf(record: StoredRecord): Promise<DrillReference>;
  /** Told of each key as it ends. */
  ended(key: DrilledKey): void;
}

export interface Drill {
  readonly receiptName: string;
  readonly receipt: DrillReceipt;
}

/**
 * Restores records into a drill target one by one, compares each with what was escrowed, and destroys it again before the
 * next: so at most one drilled key is anywhere at any time. Journal first, receipt last; it stops where a key cannot be
 * taken away again.
 */
export async function runDrill(
  chosen: readonly ChosenRecord[],
  target: RestoreTarget,
  ports: DrillPorts,
): Promise<Drill> {
  const { drills, now, lastCall } = ports;
  const startedAt = now();
  const path = sourcePath(target.source);
  const journal = {
    format: drillJournalFormat,
    startedAt: startedAt.toISOString(),
    target: path,
    keys: chosen.map(({ record }) => ({
      source: sourcePath(record.source),
      key: record.keyName,
      blobName: record.blobName,
    })),
  } as const;
  const { drillId, writtenAt } = await putDrillJournal(drills, journal, lastCall);

  const keys: DrilledKey[] = [];
  let stopped: string | undefined;
  let left: string[] = [];
  for (const { record } of chosen) {
    if (ports.outOfTime.aborted) stopped = 'it was interrupted';
    if (stopped !== undefined) break;
    const { key, state } = await drillOne(record, ports);
    keys.push(key);
    ports.ended(key);
    if (state === 'nothing') continue;
    if (state === 'foreign') {
      stopped = `somebody else uses ${describeSource(target.source)}: ${key.message}`;
      break;
    }
    try {
      await removeDrilledKey(ports.operator, record.keyName, writtenAt, lastCall);
    } catch (error) {
      stopped = failureSentence(describeFailure(error, 'purge', target.source, record.keyName));
      left = [record.keyName];
    }
  }
  const receipt: DrillReceipt = {
    format: drillFormat,
    startedAt: startedAt.toISOString(),
    finishedAt: now().toISOString(),
    target: path,
    place: target.place,
    status: stopped !== undefined ? 'stopped' : keys.some(({ outcome }) => outcome === 'failed') ? 'findings' : 'ok',
    ...(stopped !== undefined && { message: stopped }),
    keys,
    ...(left.length > 0 && { left }),
  };
  return { receipt, receiptName: await putReceipt(drillId, receipt, ports) };
}

interface Drilled {
  readonly key: DrilledKey;
  /** What has the name now. Only `ours`, which a restore that lost its answer may have made too, is taken away. */
  readonly state: 'ours' | 'foreign' | 'nothing';
}

/** After these answers to a restore it may have begun all the same, or its answer was lost. */
const doubtful: readonly FailureKind[] = ['noAnswer', 'invalidAnswer', 'unavailable', 'throttled', 'conflict'];

function stateAfter({ code, kind }: Failure): Drilled['state'] {
  if (code === 'nameTaken') return 'foreign';
  // Corrupt bytes were not sent.
  return code === 'corruptRecord' || (kind !== undefined && !doubtful.includes(kind)) ? 'nothing' : 'ours';
}

async function drillOne(record: StoredRecord, ports: DrillPorts): Promise<Drilled> {
  const { operator, lastCall } = ports;
  const base = {
    source: sourcePath(record.source),
    key: record.keyName,
    blobName: record.blobName,
    sha256: record.sha256 ?? '',
  };
  const failed = (message: string, state: Drilled['state']): Drilled => ({
    key: { ...base, versions: [], outcome: 'failed', message },
    state,
  });
  const restored = await restoreRecord(record, { ...ports, outOfTime: lastCall });
  if (restored.outcome === 'failed') return failed(failureSentence(restored), stateAfter(restored));
  try {
    const there = await readVersions(operator.keys, record.keyName, lastCall);
    const { versions, faults } = compareVersions(record, there, await ports.referenceOf(record));
    if (faults.length === 0) return { key: { ...base, versions, outcome: 'proven' }, state: 'ours' };
    const subject = `Key "${record.keyName}" of ${describeSource(record.source)} came back, but is not what was escrowed`;
    const remedy = 'Keep the record and find out why before you rely on it; take a new backup of the key now.';
    const message = `${subject}: ${faults.join('; ')}. ${remedy}`;
    return { key: { ...base, versions, outcome: 'failed', message }, state: 'ours' };
  } catch (error) {
    return failed(failureSentence(describeFailure(error, 'read', operator.keys.source, record.keyName)), 'ours');
  }
}

/**
 * Takes away what crashed or stopped drills left in their target, and closes their journals.
 * @returns the names that were removed.
 */
export async function sweepLeftovers(
  { journals, names }: DrillLeftovers,
  target: RestoreTarget,
  ports: Pick<DrillPorts, 'drills' | 'operator' | 'now' | 'lastCall'>,
): Promise<string[]> {
  const removed: string[] = [];
  for (const { journal, writtenAt } of journals) {
    const mine = new Set(journal.keys.map(({ key }) => key.toLowerCase()));
    const left = names.filter((name) => mine.has(name) && !removed.includes(name));
    for (const name of left) {
      try {
        await removeDrilledKey(ports.operator, name, writtenAt, ports.lastCall);
      } catch (error) {
        const failure = describeFailure(error, 'purge', target.source, name);
        const subject = 'No drill: what an earlier one left cannot be swept away';
        throw new EscrowFault(failure.code, `${subject}. ${failureHeadline(failure)}`, failure.remedy, {
          cause: error,
        });
      }
      removed.push(name);
    }
    const swept = left.length === 0 ? 'nothing of it was left' : `removed since: ${left.join(', ')}`;
    const receipt: DrillReceipt = {
      format: drillFormat,
      startedAt: journal.startedAt,
      finishedAt: ports.now().toISOString(),
      target: sourcePath(target.source),
      status: 'stopped',
      message: `it crashed or left something behind; ${swept}`,
      keys: [],
    };
    await putReceipt(journal.drillId, receipt, ports);
  }
  return removed;
}

async function putReceipt(
  drillId: string,
  receipt: DrillReceipt,
  { drills, lastCall }: Pick<DrillPorts, 'drills' | 'lastCall'>,
): Promise<string> {
  const bytes = Buffer.from(`${JSON.stringify(receipt)}\n`);
  for (let number = 1; ; number++) {
    const name = drillReceiptName(drillId, number);
    const metadata = { status: receipt.status };
    const put = await putOnce(drills, { name, bytes, contentType: 'application/json', metadata }, lastCall);
    if (put.written) return name;
  }
}
