import { describeFailure } from '../escrow/failure.ts';
import { certificateBackedKeys } from '../escrow/records/certificate-backed.ts';
import { listRecords } from '../escrow/records/record-listing.ts';
import type { StoredRecord } from '../escrow/records/stored-record.ts';
import type { RestoreOutcome } from '../escrow/restore/restore-key.ts';
import type { PlannedRestore } from '../escrow/restore/restore-many.ts';
import { restoreMany } from '../escrow/restore/restore-many.ts';
import { describeRestorePlace } from '../escrow/restore/restore-place.ts';
import type { TakenNames } from '../escrow/restore/restore-step.ts';
import { readTakenNames, restoreStepOf } from '../escrow/restore/restore-step.ts';
import { ServiceError } from '../escrow/service-error.ts';
import type { PacedSource, SourceId } from '../escrow/source.ts';
import { describeSource } from '../escrow/source.ts';
import type { OperatorServices } from '../operator-services.ts';
import type { Values } from './command.ts';
import { confirm } from './confirm.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodes } from './exit-codes.ts';
import { failWith } from './failure-thrown.ts';
import { count, showDuration } from './figures.ts';
import { showInstant } from './instants.ts';
import type { Io } from './io.ts';
import { print, printJson, say } from './output.ts';
import { painter } from './paint.ts';
import { showProgress } from './progress.ts';
import { chosenSource, readAsOf } from './record-choice-options.ts';
import type { restoreOptions } from './restore.ts';
import { describeTarget } from './restore-one.ts';
import { defaultReceiptFile, openRestoreReceipt, readBegun } from './restore-receipt.ts';
import { sourceMembers } from './source-options.ts';
import type { NamedTarget } from './target-options.ts';
import { readTarget } from './target-options.ts';
import { UsageFault } from './usage-fault.ts';

type RestoreValues = Values<typeof restoreOptions & { json: { type: 'boolean'; about: string } }>;

interface RestorePlan {
  readonly source: SourceId;
  readonly target: NamedTarget;
  readonly asOf: Date | undefined;
  readonly items: readonly PlannedRestore[];
  /** No record of these exists: their certificates must be restored by other means. Undefined: no run report tells. */
  readonly certificateBacked: readonly string[] | undefined;
  readonly estimatedMs: number;
}

/** Every key of a source, or those that match, as of a time: the plan, the question, the paced work, the receipt. */
export async function restoreMatching(values: RestoreValues, io: Io, services: OperatorServices): Promise<ExitCode> {
  const target = readTarget(values, services);
  const source = await chosenSource(values, io, services);
  if (source === undefined)
    throw new UsageFault('it is not said whose keys', 'Name the source: --vault-name or --hsm-name.');
  const asOf = readAsOf(values.at, services.now());
  const receiptFile = values.receipt ?? defaultReceiptFile({ source, target: target.source, asOf });
  const begun = await readBegun(receiptFile, { source, target: target.source, asOf });
  const plan = await makePlan({ source, target, asOf, pattern: values.name ?? '*', begun }, io, services);
  if (plan.items.length === 0) {
    throw failWith(
      'recordNotFound',
      `The escrow has no record of any such key of ${describeSource(source)}`,
      'See what there is: npm run escrow -- list.',
    );
  }
  tellPlan(plan, io);
  if (values['what-if']) {
    if (values.json) await printJson(io, planObject(plan));
    return plan.items.some(isRefused) ? exitCodes.findings : exitCodes.done;
  }
  const items = plan.items.filter((item) => !isStillThere(item));
  const todo = items.filter((item) => !isRefused(item)).length;
  if (todo > 0 && !(await confirm(io, `Bring back ${count(todo, 'key')}?`, values.yes))) return exitCodes.failed;

  await using receipt = await openRestoreReceipt(receiptFile, { source, target: target.source, asOf }, services.now);
  const progress = showProgress(io, 'keys', items.length);
  const ports = {
    container: services.container,
    operator: services.operatorOf(target.source),
    outOfTime: io.signal,
    sleep: services.sleep,
  };
  const outcomes = await restoreMany(items, ports, {
    beginning: receipt.beginning,
    async ended(outcome) {
      await receipt.ended(outcome);
      progress.step();
    },
  });
  progress.end();
  const counts = countOutcomes(outcomes, plan);
  await receipt.end(counts);
  if (values.json) await printJson(io, { ...planObject(plan), counts, keys: outcomes, receipt: receipt.file });
  else await tellOutcomes(outcomes, counts, io);
  say(io, `Receipt: ${receipt.file}`);
  if (counts.left > 0) say(io, `Ended early: ${count(counts.left, 'key')} left. Run the same command again to go on.`);
  if (counts.failed === 0 && counts.left === 0) return exitCodes.done;
  return counts.restored + counts.recovered + counts.alreadyThere > 0 ? exitCodes.findings : exitCodes.failed;
}

interface PlanWish {
  readonly source: SourceId;
  readonly target: NamedTarget;
  readonly asOf: Date | undefined;
  readonly pattern: string;
  readonly begun: ReadonlySet<string>;
}

async function makePlan(wish: PlanWish, io: Io, services: OperatorServices): Promise<RestorePlan> {
  const { source, target, asOf, pattern, begun } = wish;
  const filter = { source, names: [pattern], until: asOf };
  const records: StoredRecord[] = [];
  const progress = showProgress(io, 'keys found');
  for await (const [newest] of listRecords(services.container, services.settings.suffixes, filter, io.signal)) {
    records.push(newest);
    progress.step();
  }
  progress.end();
  const isOtherKind = source.kind !== target.source.kind;
  const nothingTaken: TakenNames = { active: new Set(), deleted: new Map() };
  const taken = isOtherKind ? nothingTaken : await readNames(target.source, io, services);
  const items = records.map((record) => ({
    record,
    step: restoreStepOf(record, target, taken),
    begunBefore: begun.has(record.blobName),
  }));
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
    const { code, message } = describeFailure(error, 'list', target);
    throw failWith(code, message, '');
  }
}

/** The report of the run that wrote the newest record comes after it; later runs, of a source that is gone, list nothing. */
function reportTime(records: readonly StoredRecord[], asOf: Date | undefined): Date {
  const newest = Math.max(0, ...records.map(({ createdAt }) => createdAt.getTime()));
  const dayAfter = newest + 24 * 60 * 60 * 1000;
  return new Date(asOf === undefined ? dayAfter : Math.min(dayAfter, asOf.getTime()));
}

/** A name that an earlier pass of ours took is no refusal: it is looked at again. */
function isRefused(item: PlannedRestore): boolean {
  const { step, begunBefore } = item;
  if (step.action !== 'refuse' || isStillThere(item)) return false;
  return !(begunBefore && (step.code === 'nameTaken' || step.code === 'stillThere'));
}

/** A key that was never lost: no failure, and nothing to say of it but its number. */
function isStillThere({ step, begunBefore }: PlannedRestore): boolean {
  return step.action === 'refuse' && step.code === 'stillThere' && !begunBefore;
}

function tellPlan(plan: RestorePlan, io: Io): void {
  const paint = painter(io, 'stderr');
  const { source, target, items, certificateBacked, asOf } = plan;
  const first = items[0]?.record;
  const of = (action: string): number => items.filter(({ step }) => step.action === action).length;
  const refused = items.filter(isRefused);
  const there = items.filter(isStillThere).length;
  const earlier = of('refuse') - refused.length - there;
  say(
    io,
    `${describeSource(source)} to ${describeSource(target.source)}, as of ${asOf === undefined ? 'now' : showInstant(asOf)}:`,
  );
  if (first !== undefined) say(io, `  ${describeRestorePlace(first)}`);
  say(
    io,
    `  ${count(of('restore'), 'key')} to restore, about ${showDuration(Math.max(plan.estimatedMs, 1000))} at ${target.source.maxBackupsPerSecond} a second`,
  );
  if (of('recover') > 0)
    say(io, `  ${count(of('recover'), 'key')} only soft-deleted there: to recover, nothing is lost`);
  if (there > 0) say(io, `  ${count(there, 'key')} still there: nothing to restore`);
  if (earlier > 0) say(io, `  ${count(earlier, 'key')} begun by an earlier pass, by the receipt: to look at again`);
  for (const { step } of refused) {
    if (step.action === 'refuse') say(io, `  ${paint('yellow', `${step.message}.`)} ${step.remedy}`);
  }
  if (certificateBacked === undefined) {
    say(
      io,
      `  ${paint('yellow', 'No run report tells which keys were certificate-backed:')} see to the certificates of the vault yourself`,
    );
  } else if (certificateBacked.length > 0) {
    const head = `${count(certificateBacked.length, 'certificate-backed key')} to bring back with their certificates (az keyvault certificate restore):`;
    say(io, `  ${paint('yellow', head)} ${certificateBacked.join(', ')}`);
  }
}

function countOutcomes(outcomes: readonly RestoreOutcome[], plan: RestorePlan) {
  const stillThere = plan.items.filter(isStillThere).length;
  const counts = {
    planned: plan.items.length,
    stillThere,
    restored: 0,
    alreadyThere: 0,
    recovered: 0,
    failed: 0,
    left: 0,
  };
  for (const { outcome } of outcomes) counts[outcome]++;
  counts.left = counts.planned - stillThere - outcomes.length;
  return counts;
}

async function tellOutcomes(
  outcomes: readonly RestoreOutcome[],
  counts: ReturnType<typeof countOutcomes>,
  io: Io,
): Promise<void> {
  const paint = painter(io);
  const { restored, alreadyThere, recovered, failed, stillThere } = counts;
  for (const outcome of outcomes) {
    if (outcome.outcome === 'failed') await print(io, paint('red', outcome.message));
    else
      await print(
        io,
        `${outcome.id} ${paint('dim', outcome.outcome === 'alreadyThere' ? 'restored earlier' : outcome.outcome)}`,
      );
  }
  await print(
    io,
    `${restored} restored, ${recovered} recovered, ${alreadyThere} restored earlier, ${stillThere} still there, ${failed} failed.`,
  );
}

function planObject({ source, target, asOf, items, certificateBacked, estimatedMs }: RestorePlan): object {
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
