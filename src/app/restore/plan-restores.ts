import { count } from '../../escrow/model/count.ts';
import { dayMs } from '../../escrow/model/day.ts';
import { endOnRefusal } from '../../escrow/model/failure.ts';
import { describeKey, describeSource, type SourceId } from '../../escrow/model/source.ts';
import { certificateBackedKeys } from '../../escrow/records/certificate-backed.ts';
import { nothingRestorable } from '../../escrow/records/record-choice.ts';
import { listRecords } from '../../escrow/records/record-listing.ts';
import { pickRecord, type RecordPick } from '../../escrow/records/record-pick.ts';
import { describePick } from '../../escrow/records/record-pick-words.ts';
import type { StoredRecord } from '../../escrow/records/stored-record.ts';
import { isTaken, type PlannedRestore } from '../../escrow/restore/restore-many.ts';
import { describeOtherPlace, inConfiguredPlace } from '../../escrow/restore/restore-place.ts';
import { noNames, readTakenNames, restoreStepOf } from '../../escrow/restore/restore-step.ts';
import { readOrSay, recordPlace, type Task } from '../task.ts';
import type { PacedTarget } from './prepare-restore.ts';

// What a plan is printed from.
export { describeRestorePlace } from '../../escrow/restore/restore-place.ts';
export type { RestoreStep } from '../../escrow/restore/restore-step.ts';

export type RestorePlan = Awaited<ReturnType<typeof planRestores>>;

/** The restore, a page of versions, and one version to compare. */
const minCallsPerKey = 3;

export interface PlanOptions {
  readonly source: SourceId;
  readonly target: PacedTarget;
  readonly asOf: Date | undefined;
  readonly pattern: string;
  /** Blob names that an earlier pass began with, by the receipt. */
  readonly begun: ReadonlySet<string>;
}

/**
 * Finds the newest record of each key and what has to be done about it; reads, and changes nothing.
 * @param found called for each key.
 */
export async function planRestores(options: PlanOptions, task: Task, found: () => void) {
  const { source, target, asOf, pattern, begun } = options;
  const { store, settings, operatorOf } = task.services;
  const picks: RecordPick[] = [];
  const unrestorable: PlannedRestore[] = [];
  const elsewhere: string[] = [];
  for await (const records of listRecords(recordPlace(task), { source, names: [pattern] })) {
    const pick = pickRecord(records, asOf);
    const [over] = pick.passedOver;
    if (pick.record !== undefined) {
      const record = inConfiguredPlace(pick.record, settings.sources);
      picks.push({ ...pick, record });
      elsewhere.push(...describeOtherPlace(pick.record, record));
    } else if (over !== undefined) {
      const { message: reason, remedy } = nothingRestorable(over, pick.passedOver.length);
      const subject = describeKey(over.record);
      const step = { action: 'refuse', code: 'recordNotFound', attempt: 'restore', subject, reason, remedy } as const;
      unrestorable.push({ record: over.record, step, begunBefore: false });
    }
    found();
  }
  const records = picks.map(({ record }) => record);
  const taken =
    source.kind === target.source.kind
      ? await readTakenNames(operatorOf(target.source), task.signal).catch(endOnRefusal('list', target.source))
      : noNames;
  const items = picks.map((pick): PlannedRestore => {
    const step = restoreStepOf(pick, target, taken, store.url);
    return { record: pick.record, step, begunBefore: begun.has(pick.record.blobName) };
  });
  items.push(...unrestorable);
  return {
    source,
    target,
    asOf,
    items,
    /** What a person has to know about the choice of the records: whole sentences. */
    notes: [...picks.flatMap(describePick), ...firstOf(elsewhere)],
    /** In the target: something may use it. */
    activeKeys: taken.active.size,
    /** No record of these exists: their certificates must be restored by other means. Undefined: no run report says. */
    certificateBacked: await readCertificateBacked(source, reportTime(records, asOf), task),
    /** At the least: a key with one version. Each further version is one call more. */
    estimatedMs:
      (items.filter((item) => !isRefused(item) && !isStillThere(item)).length * minCallsPerKey * 1000) /
      target.source.maxBackupsPerSecond,
  };
}

/** Where a source has moved, every record of it says another place. */
function firstOf(elsewhere: readonly string[]): string[] {
  const first = elsewhere.slice(0, 3);
  const more = elsewhere.length - first.length;
  return more === 0 ? first : [...first, `${count(more, 'more record')} ${more === 1 ? 'says' : 'say'} another place.`];
}

/** A report that cannot be read (archived, a store that fails) says nothing, and stops no restore. */
function readCertificateBacked(source: SourceId, asOf: Date, task: Task): Promise<string[] | undefined> {
  const { services, signal } = task;
  const fault = `The run reports of ${describeSource(source)} cannot be read, which name its certificate-backed keys`;
  return readOrSay(task, fault, () => certificateBackedKeys(services.store, source, asOf, signal));
}

/** The report of the run that wrote the newest record comes after it; later runs, of a source that is gone, list nothing. */
function reportTime(records: readonly StoredRecord[], asOf: Date | undefined): Date {
  const newest = Math.max(0, ...records.map(({ createdAt }) => createdAt.getTime()));
  const dayAfter = newest + dayMs;
  return new Date(asOf === undefined ? dayAfter : Math.min(dayAfter, asOf.getTime()));
}

/** A name that an earlier pass of ours took is no refusal: it is looked at again. */
export function isRefused(item: PlannedRestore): boolean {
  const { step, begunBefore } = item;
  if (step.action !== 'refuse' || isStillThere(item)) return false;
  return !(begunBefore && isTaken(step));
}

/** A key that was never lost: no failure, and nothing to say of it but its number. */
export function isStillThere({ step, begunBefore }: PlannedRestore): boolean {
  return step.action === 'refuse' && step.code === 'stillThere' && !begunBefore;
}
