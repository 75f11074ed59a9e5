import { findRecord } from '../../../app/find-records.ts';
import {
  adviceOf,
  describeLeft,
  isYounger,
  type PacedTarget,
  type PreparedRestore,
  prepareRestore,
} from '../../../app/restore/prepare-restore.ts';
import type { Task } from '../../../app/task.ts';
import { count } from '../../../escrow/model/count.ts';
import { faultOf } from '../../../escrow/model/failure.ts';
import { OutOfTime } from '../../../escrow/model/service-error.ts';
import { describeKey, describeSource, isSameSource, sourceOption } from '../../../escrow/model/source.ts';
import { showAge, showInstant } from '../../options/instants.ts';
import { readRecordChoice } from '../../options/record-options.ts';
import { describeTarget, readTarget } from '../../options/target-options.ts';
import { confirm } from '../../terminal/confirm.ts';
import { type ExitCode, exitCodes, type Io } from '../../terminal/io.ts';
import { print, printJson, say, sayLabelled } from '../../terminal/print.ts';
import { recordObject } from '../list.ts';
import { openQuarantineDesk, readThrough } from './quarantine-desk.ts';
import type { RestoreValues } from './restore-options.ts';
import { outcomeObject } from './restore-output.ts';

/** One key: look, say, ask, restore or recover, compare, show the kids. */
export async function restoreOne(values: RestoreValues, io: Io, task: Task): Promise<ExitCode> {
  const { services } = task;
  const target = readTarget(values, services);
  const through = readThrough(values.through, target);
  const pick = await findRecord(readRecordChoice(values, services.now()), task);
  const prepared = await prepareRestore(pick, target, through, task);
  const { record, place, step } = prepared;
  const head = { record: recordObject(record), target: describeTarget(target), through, place, step };

  const { source, createdAt, blobName, blob } = record;
  const tier = blob.tier === undefined || blob.tier === 'Hot' ? '' : `, tier ${blob.tier}`;
  const from = `${describeKey(record)}, from ${showAge(createdAt, services.now())}${tier}`;
  sayLabelled(io, 'Record', `${from}\n${blobName}`);
  sayLabelled(io, 'Where', place.explanation);
  for (const note of notesOf(prepared, target)) sayLabelled(io, 'Note', note);
  if (step.action === 'refuse') throw faultOf(step);
  sayLabelled(io, 'Will', intention(prepared, target, through && describeSource(through)));
  const isUsed = target.isConfigured || isSameSource(source, target.source);
  const advice = step.action === 'restore' ? adviceOf(target, isUsed, through) : undefined;
  if (advice !== undefined) sayLabelled(io, 'Advice', advice);
  if (values.whatIf) {
    if (values.json) await printJson(io, { ...head, comparable: prepared.comparable, outcome: null });
    return exitCodes.done;
  }
  const question = step.action === 'recover' ? 'Recover it?' : 'Restore it?';
  if (!(await confirm(io, question, values.yes))) return exitCodes.failed;

  using desk = openQuarantineDesk(through, values.yes, io);
  const outcome = await prepared.carryOut(desk);
  if (outcome.outcome === 'failed' || outcome.outcome === 'stranger') {
    // Of a stranger its own message says where it is, and how it is deleted.
    if (outcome.outcome === 'failed' && outcome.left !== undefined) say(io, describeLeft(outcome.left));
    if (outcome.code === 'outOfTime') throw new OutOfTime();
    throw faultOf(outcome);
  }
  const { verdict, reasons, versions, id } = outcome;
  const kids = versions.map(({ version }) => `${id}/${version}`);
  if (values.json) await printJson(io, { ...head, outcome: { ...outcomeObject(outcome), kids } });
  const done = outcome.outcome === 'recovered' ? 'Recovered' : 'Restored';
  const many = count(kids.length, 'version');
  say(
    io,
    verdict === 'same'
      ? `${done} and compared, with ${many}:`
      : `${done}, with ${many}, but ${verdict}: ${reasons.join('; ')}.`,
  );
  if (!values.json) for (const kid of kids) await print(io, kid);
  if (!outcome.enabled) {
    const line = `az keyvault key set-attributes ${sourceOption(target.source)} --name ${outcome.key} --enabled true`;
    say(io, `It is disabled, and of no use until somebody enables it: ${line}`);
  }
  // A recovered key never left its vault: only another key under its name would be a finding.
  return verdict === 'same' || outcome.outcome === 'recovered' ? exitCodes.done : exitCodes.findings;
}

function notesOf({ step, original, comparable, record }: PreparedRestore, target: PacedTarget): string[] {
  const place = describeSource(record.source);
  const notes: string[] = [];
  if (original?.isYounger) {
    const state = original.state === 'active' ? 'there' : 'soft-deleted';
    notes.push(
      `a key of its name is ${state} in ${place}, with a version made after the record: this key, or another.`,
    );
  } else if (original?.state === 'active') {
    notes.push(`the key is still there in ${place}; this makes a second copy.`);
  } else if (original?.state === 'deleted') {
    notes.push(`the key is only soft-deleted in ${place}: it can be recovered there, and nothing is lost.`);
  }
  if (step.action === 'restore' && !comparable.witness && !comparable.source)
    notes.push(
      `nothing is known of its versions to compare with, so that what comes to ${describeSource(target.source)} will be unproven.`,
    );
  return notes;
}

function intention({ step, record }: PreparedRestore, target: PacedTarget, through: string | undefined): string {
  const place = describeSource(target.source);
  if (step.action !== 'recover') {
    const way =
      through === undefined
        ? ', after its digest has been checked; then it is compared with what is known of it.'
        : `, by way of ${through}: there it is compared with what is known of it, deleted and purged first.`;
    return `restore key "${record.keyName}" with all versions of its backup to ${place}${way}`;
  }
  const { deletedAt, purgeAt } = step.deleted;
  const when = deletedAt === undefined ? '' : ` since ${showInstant(deletedAt)}`;
  const until = purgeAt === undefined ? '' : `, until ${showInstant(purgeAt)}`;
  const whatFollows = isYounger(step.deleted, record)
    ? 'It has a version made after the record, and is compared once it is back: if another key has the name, the backup is still needed.'
    : 'Nothing is lost, the backup is not needed.';
  return `recover it: key "${record.keyName}" is only soft-deleted in ${place}${when}${until}. ${whatFollows}`;
}
