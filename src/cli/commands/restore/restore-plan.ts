import type { OperatorServices } from '../../../app/operator-services.ts';
import { describeFailure, EscrowFault, failureHeadline } from '../../../escrow/model/failure.ts';
import { ServiceError } from '../../../escrow/model/service-error.ts';
import type { PacedSource, SourceId } from '../../../escrow/model/source.ts';
import { describeSource } from '../../../escrow/model/source.ts';
import { certificateBackedKeys } from '../../../escrow/records/certificate-backed.ts';
import { nothingRestorable } from '../../../escrow/records/record-choice.ts';
import { listRecords } from '../../../escrow/records/record-listing.ts';
import type { RecordPick } from '../../../escrow/records/record-pick.ts';
import { pickRecord } from '../../../escrow/records/record-pick.ts';
import { describeArchived, describePick } from '../../../escrow/records/record-pick-words.ts';
import type { StoredRecord } from '../../../escrow/records/stored-record.ts';
import type { PlannedRestore } from '../../../escrow/restore/restore-many.ts';
import type { TakenNames } from '../../../escrow/restore/restore-step.ts';
import { readTakenNames, restoreStepOf } from '../../../escrow/restore/restore-step.ts';
import { sourceMembers } from '../../options/source-options.ts';
import type { NamedTarget } from '../../options/target-options.ts';
import { describeTarget } from '../../options/target-options.ts';
import type { Io } from '../../terminal/io.ts';
import { say } from '../../terminal/print.ts';
import { showProgress } from '../../terminal/progress.ts';

/** What a restore of many keys would do. */
export interface RestorePlan {
  readonly source: SourceId;
  readonly target: NamedTarget;
  readonly asOf: Date | undefined;
  readonly items: readonly PlannedRestore[];
  /** No record of these exists: their certificates must be restored by other means. Undefined: no run report tells. */
  readonly certificateBacked: readonly string[] | undefined;
  readonly estimatedMs: number;
}

/** Which keys are to be brought back. */
export interface PlanWish {
  readonly source: SourceId;
  readonly target: NamedTarget;
  readonly asOf: Date | undefined;
  readonly pattern: string;
  /** Blob names that an earlier pass began with, by the receipt. */
  readonly begun: ReadonlySet<string>;
}

/** Finds the newest record of each key and what has to be done about it; reads, and changes nothing. */
export async function makePlan(wish: PlanWish, io: Io, services: OperatorServices): Promise<RestorePlan> {
  const { source, target, asOf, pattern, begun } = wish;
  const { container, settings } = services;
  const picks: RecordPick[] = [];
  const unrestorable: PlannedRestore[] = [];
  const progress = showProgress(io, 'keys found');
  for await (const records of listRecords(container, settings.suffixes, { source, names: [pattern] }, io.signal)) {
    const pick = pickRecord(records, asOf);
    const [over] = pick.passedOver;
    if (pick.record !== undefined) picks.push(pick);
    else if (over !== undefined) {
      const { message, remedy } = nothingRestorable(over, pick.passedOver.length);
      unrestorable.push({
        record: over.record,
        step: {
          action: 'refuse',
          code: 'recordNotFound',
          attempt: 'restore',
          subject: `key "${over.record.keyName}" of ${describeSource(source)}`,
          reason: message,
          remedy,
        },
        begunBefore: false,
      });
    }
    progress.step();
  }
  progress.end();
  for (const note of picks.flatMap(describePick)) say(io, note);
  const records = picks.map(({ record }) => record);
  const isOtherKind = source.kind !== target.source.kind;
  const nothingTaken: TakenNames = { active: new Set(), deleted: new Map() };
  const taken = isOtherKind ? nothingTaken : await readNames(target.source, io, services);
  const items = picks.map(({ record, archived }): PlannedRestore => {
    const step = restoreStepOf(record, target, taken);
    const isToRestore = step.action === 'restore' && archived !== undefined;
    return {
      record,
      step: isToRestore ? { action: 'refuse', ...describeArchived(record, archived, container.url) } : step,
      begunBefore: begun.has(record.blobName),
    };
  });
  items.push(...unrestorable);
  return {
    source,
    target,
    asOf,
    items,
    certificateBacked: await certificateBackedKeys(services.container, source, reportTime(records, asOf), io.signal),
    estimatedMs:
      (items.filter((item) => !isRefused(item) && !isStillThere(item)).length / target.source.maxBackupsPerSecond) *
      1000,
  };
}

async function readNames(target: PacedSource, io: Io, services: OperatorServices): Promise<TakenNames> {
  try {
    return await readTakenNames(services.operatorOf(target), io.signal);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const failure = describeFailure(error, 'list', target);
    throw new EscrowFault(failure.code, failureHeadline(failure), failure.remedy);
  }
}

/** The report of the run that wrote the newest record comes after it; later runs, of a source that is gone, list nothing. */
function reportTime(records: readonly StoredRecord[], asOf: Date | undefined): Date {
  const newest = Math.max(0, ...records.map(({ createdAt }) => createdAt.getTime()));
  const dayAfter = newest + 24 * 60 * 60 * 1000;
  return new Date(asOf === undefined ? dayAfter : Math.min(dayAfter, asOf.getTime()));
}

/** A name that an earlier pass of ours took is no refusal: it is looked at again. */
export function isRefused(item: PlannedRestore): boolean {
  const { step, begunBefore } = item;
  if (step.action !== 'refuse' || isStillThere(item)) return false;
  return !(begunBefore && (step.code === 'nameTaken' || step.code === 'stillThere'));
}

/** A key that was never lost: no failure, and nothing to say of it but its number. */
export function isStillThere({ step, begunBefore }: PlannedRestore): boolean {
  return step.action === 'refuse' && step.code === 'stillThere' && !begunBefore;
}

/** The plan as `--json` shows it. */
export function planObject({ source, target, asOf, items, certificateBacked, estimatedMs }: RestorePlan): object {
  return {
    source: sourceMembers(source),
    target: describeTarget(target),
    asOf: asOf?.toISOString() ?? null,
    plan: items.map(({ record, step, begunBefore }) => ({
      name: record.keyName,
      blobName: record.blobName,
      createdAt: record.createdAt.toISOString(),
      begunBefore,
      ...step,
    })),
    certificateBacked: certificateBacked ?? null,
    estimatedMs: Math.round(estimatedMs),
  };
}
