import { findRecord } from '../../../app/find-records.ts';
import type { OperatorServices } from '../../../app/operator-services.ts';
import type { Task } from '../../../app/task.ts';
import { describeFailure, EscrowFault, failureHeadline } from '../../../escrow/model/failure.ts';
import { OutOfTime, ServiceError } from '../../../escrow/model/service-error.ts';
import { defaultBackupsPerSecond, describeSource, isSameSource } from '../../../escrow/model/source.ts';
import { describeArchived } from '../../../escrow/records/record-pick-words.ts';
import type { StoredRecord } from '../../../escrow/records/stored-record.ts';
import type { RestoreOutcome, RestorePorts } from '../../../escrow/restore/restore-key.ts';
import { recoverKey, restoreRecord } from '../../../escrow/restore/restore-key.ts';
import { judgePlace } from '../../../escrow/restore/restore-place.ts';
import type { RestoreStep } from '../../../escrow/restore/restore-step.ts';
import { readTakenName, restoreStepOf } from '../../../escrow/restore/restore-step.ts';
import { showAge, showInstant } from '../../options/instants.ts';
import { readRecordChoice } from '../../options/record-choice-options.ts';
import type { NamedTarget } from '../../options/target-options.ts';
import { describeTarget, readTarget } from '../../options/target-options.ts';
import { confirm } from '../../terminal/confirm.ts';
import type { ExitCode } from '../../terminal/errors.ts';
import { exitCodes } from '../../terminal/errors.ts';
import type { Io } from '../../terminal/io.ts';
import { print, printJson, say } from '../../terminal/print.ts';
import { recordObject } from '../list.ts';
import type { RestoreValues } from './restore-options.ts';

/** One key: look, say, ask, restore or recover, show the kids. */
export async function restoreOne(values: RestoreValues, io: Io, task: Task): Promise<ExitCode> {
  const { services } = task;
  const target = readTarget(values, services);
  const choice = readRecordChoice(values, services.now());
  const { record, archived } = await findRecord(choice, task);
  const operator = services.operatorOf(target.source);
  const verdict = judgePlace(record, target);
  const step = await decide(record, target, io, services);
  const head = { record: recordObject(record), target: describeTarget(target), place: verdict, step };

  say(
    io,
    `Record: key "${record.keyName}" of ${describeSource(record.source)}, from ${showAge(record.createdAt, services.now())}\n        ${record.blobName}`,
  );
  say(io, `Where:  ${verdict.explanation}`);
  if (archived !== undefined) {
    const failure = describeArchived(record, archived, services.container.url);
    throw new EscrowFault(failure.code, failureHeadline(failure), failure.remedy);
  }
  await tellWhetherNothingIsLost(record, target, io, services);
  if (step.action === 'refuse') throw new EscrowFault(step.code, failureHeadline(step), step.remedy);
  say(io, `Will:   ${intention(step, record, target)}`);
  if (values.whatIf) {
    if (values.json) await printJson(io, { ...head, outcome: null });
    return exitCodes.done;
  }
  if (!(await confirm(io, step.action === 'recover' ? 'Recover it?' : 'Restore it?', values.yes)))
    return exitCodes.failed;

  const ports: RestorePorts = { container: services.container, operator, outOfTime: io.signal, sleep: services.sleep };
  const outcome = step.action === 'recover' ? await recoverKey(record, ports) : await restoreRecord(record, ports);
  if (outcome.outcome === 'failed') {
    if (outcome.code === 'outOfTime') throw new OutOfTime();
    throw new EscrowFault(outcome.code, failureHeadline(outcome), outcome.remedy);
  }
  const kids = await kidsOf(outcome, ports);
  if (values.json) await printJson(io, { ...head, outcome: { ...outcome, kids } });
  else {
    say(
      io,
      `${outcome.outcome === 'recovered' ? 'Recovered' : 'Restored'}, with ${kids.length} versions:`.replace(
        ' 1 versions',
        ' 1 version',
      ),
    );
    for (const kid of kids) await print(io, kid);
  }
  return exitCodes.done;
}

async function decide(
  record: StoredRecord,
  target: NamedTarget,
  io: Io,
  services: OperatorServices,
): Promise<RestoreStep> {
  const operator = services.operatorOf(target.source);
  try {
    const isOtherKind = record.source.kind !== target.source.kind;
    const nothingTaken = { active: new Set<string>(), deleted: new Map() };
    const taken = isOtherKind ? nothingTaken : await readTakenName(operator, record.keyName, io.signal);
    return restoreStepOf(record, target, taken);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const failure = describeFailure(error, 'read', target.source, record.keyName);
    throw new EscrowFault(failure.code, failureHeadline(failure), failure.remedy);
  }
}

function intention(step: RestoreStep, record: StoredRecord, target: NamedTarget): string {
  const place = describeSource(target.source);
  if (step.action !== 'recover') {
    return `restore key "${record.keyName}" with all versions of its backup to ${place}, after its digest has been checked.`;
  }
  const { deletedAt, purgeAt } = step.deleted;
  const when = deletedAt === undefined ? '' : ` since ${showInstant(deletedAt)}`;
  const until = purgeAt === undefined ? '' : `, until ${showInstant(purgeAt)}`;
  return `recover it: key "${record.keyName}" is only soft-deleted in ${place}${when}${until}. Nothing is lost, the backup is not needed.`;
}

/** Somebody who restores elsewhere may not know that the original can still be had. Whoever may not look, or cannot, goes on. */
async function tellWhetherNothingIsLost(
  record: StoredRecord,
  target: NamedTarget,
  io: Io,
  services: OperatorServices,
): Promise<void> {
  const { source, keyName } = record;
  if (isSameSource(source, target.source)) return;
  const configured = services.settings.sources.find((one) => isSameSource(one, source));
  if (configured === undefined) return;
  const operator = services.operatorOf(
    configured ?? { ...source, maxBackupsPerSecond: defaultBackupsPerSecond(source.kind) },
  );
  try {
    if ((await operator.findKey(keyName, io.signal)) !== undefined) {
      say(io, `Note:   the key is still there in ${describeSource(source)}; this makes a second copy.`);
    } else if ((await operator.findDeletedKey(keyName, io.signal)) !== undefined) {
      say(
        io,
        `Note:   the key is only soft-deleted in ${describeSource(source)}: it can be recovered there, and nothing is lost.`,
      );
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
  }
}

async function kidsOf(outcome: RestoreOutcome, { operator, outOfTime }: RestorePorts): Promise<string[]> {
  const id = 'id' in outcome ? outcome.id : '';
  const kids: string[] = [];
  for await (const { version } of operator.keys.listVersions(outcome.key, outOfTime)) kids.push(`${id}/${version}`);
  return kids;
}
