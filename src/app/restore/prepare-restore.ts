import { endOnRefusal } from '../../escrow/model/failure.ts';
import { onRefusal } from '../../escrow/model/service-error.ts';
import { describeSource, isSameSource, type PacedSource } from '../../escrow/model/source.ts';
import type { DeletedKey } from '../../escrow/ports/key-operator.ts';
import type { RecordPick } from '../../escrow/records/record-pick.ts';
import type { StoredRecord } from '../../escrow/records/stored-record.ts';
import { compareKey } from '../../escrow/restore/comparison.ts';
import { readVersions } from '../../escrow/restore/key-versions.ts';
import { type RestorePorts, recoverKey, restoreRecord } from '../../escrow/restore/restore-key.ts';
import { isTaken } from '../../escrow/restore/restore-many.ts';
import type { RestoreOutcome } from '../../escrow/restore/restore-outcome.ts';
import {
  describeOtherPlace,
  inConfiguredPlace,
  judgePlace,
  type RestoreTarget,
} from '../../escrow/restore/restore-place.ts';
import { noNames, type RestoreStep, readTakenName, restoreStepOf } from '../../escrow/restore/restore-step.ts';
import { holderOf } from '../../escrow/restore/restored-key.ts';
import type { Task } from '../task.ts';
import { openRestorePorts, type QuarantineDesk, requireQuarantine } from './restore-ports.ts';

// What a restore is printed from.
export { describeLeft } from '../../escrow/restore/restored-key.ts';

export interface PacedTarget extends RestoreTarget {
  readonly source: PacedSource;
  /** It is one of the sources of the settings, so that something uses it. */
  readonly isConfigured: boolean;
}

export type PreparedRestore = Awaited<ReturnType<typeof prepareRestore>>;

/** What would happen to one key that is to be brought back, and how to make it happen; nothing has been changed yet. */
export async function prepareRestore(
  picked: RecordPick,
  target: PacedTarget,
  through: PacedSource | undefined,
  task: Task,
) {
  const { services } = task;
  if (through !== undefined) await requireQuarantine(through, target.source, task);
  const record = inConfiguredPlace(picked.record, services.settings.sources);
  for (const note of describeOtherPlace(picked.record, record)) task.say(note);
  const place = judgePlace(record, target);
  const ports = await openRestorePorts(target.source, task);
  const refused = endOnRefusal('read', target.source, record.keyName);
  const step = await decide({ ...picked, record }, target, ports).catch(refused);
  const reference = step.action === 'restore' ? await ports.referenceOf(record) : {};
  return {
    record,
    place,
    step,
    /** What is known to compare with: without either it can only come back unproven. */
    comparable: { witness: reference.known !== undefined, source: reference.source !== undefined },
    // Whoever may not look, or cannot, goes on.
    original: await findOriginal(record, target, task).catch(onRefusal(() => undefined)),
    /** @param desk of the quarantine, where there is one. */
    carryOut(desk: QuarantineDesk): Promise<RestoreOutcome> {
      if (step.action === 'recover') return recoverKey(record, ports);
      const quarantine = through && { ...desk, operator: services.operatorOf(through) };
      return restoreRecord(record, { ...ports, quarantine });
    },
  };
}

async function decide(pick: RecordPick, target: PacedTarget, ports: RestorePorts): Promise<RestoreStep> {
  const { record } = pick;
  const { operator, store, softDeadline, referenceOf } = ports;
  const isSameKind = record.source.kind === target.source.kind;
  const taken = isSameKind ? await readTakenName(operator, record.keyName, softDeadline) : noNames;
  const step = restoreStepOf(pick, target, taken, store.url);
  if (step.action !== 'refuse' || !isTaken(step)) return step;
  // What has the name there may be this very key, or one that somebody else made under its name.
  const versions = await readVersions(operator.keys, record.keyName, softDeadline);
  const { verdict, reasons } = compareKey(record, { name: record.keyName, versions }, await referenceOf(record));
  if (verdict !== 'stranger') {
    const words = verdict === 'unproven' ? 'it is unknown whether it is this key' : 'it is this key';
    return { ...step, reason: `${step.reason}; ${words}` };
  }
  const remedy = `It is not this key: ${reasons.join('; ')}. Restore the record to another target, or find out what that key is before you delete it.`;
  return { ...step, remedy };
}

/** Whether a key has a version made after a record: then it may be another key, that took the name since. */
export function isYounger({ createdAt }: Pick<DeletedKey, 'createdAt'>, record: StoredRecord): boolean {
  return createdAt !== undefined && createdAt > record.createdAt;
}

/** What has the name of a key in its own source. Somebody who restores elsewhere may not know that it can still be had. */
async function findOriginal(record: StoredRecord, target: PacedTarget, { services, signal }: Task) {
  const { source, keyName } = record;
  const configured = services.settings.sources.find((one) => isSameSource(one, source));
  if (configured === undefined || isSameSource(source, target.source)) return undefined;
  const { active, deleted } = await holderOf(services.operatorOf(configured), keyName, signal);
  const holder = active ?? deleted;
  return holder && { state: active ? 'active' : 'deleted', isYounger: isYounger(holder, record) };
}

/** Why a target deserves a quarantine before it: something uses it. */
export function adviceOf(target: PacedTarget, isUsed: boolean, through: PacedSource | undefined): string | undefined {
  if (through !== undefined || !isUsed) return undefined;
  return `${describeSource(target.source)} is in use, and a record is compared only after it was restored: with --through, another ${target.source.kind === 'vault' ? 'vault' : 'HSM'} takes it first, and what is not the key never reaches the target.`;
}
