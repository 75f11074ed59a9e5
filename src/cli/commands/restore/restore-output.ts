import type { RestoreCounts, RestoreOutcome } from '../../../app/restore/carry-out-plan.ts';
import {
  describeRestorePlace,
  isRefused,
  isStillThere,
  type RestorePlan,
  type RestoreStep,
} from '../../../app/restore/plan-restores.ts';
import { adviceOf } from '../../../app/restore/prepare-restore.ts';
import { count } from '../../../escrow/model/count.ts';
import { type Failure, failureHeadline, failureSentence } from '../../../escrow/model/failure.ts';
import { describeSource, namesOfSource, type PacedSource } from '../../../escrow/model/source.ts';
import { showAge, showInstant } from '../../options/instants.ts';
import { describeTarget } from '../../options/target-options.ts';
import { showDuration } from '../../terminal/figures.ts';
import { firstOfEach } from '../../terminal/first-of-each.ts';
import type { Io } from '../../terminal/io.ts';
import { painter, print, say } from '../../terminal/print.ts';
import { alignColumns } from '../../terminal/table.ts';

type Refusal = Extract<RestoreStep, { action: 'refuse' }>;

function codeOf({ code }: { readonly code: string }): string {
  return code;
}

/** What is about to happen, and what cannot. */
export function printPlan(plan: RestorePlan, through: PacedSource | undefined, io: Io): void {
  const paint = painter(io, 'stderr');
  const { source, target, items, certificateBacked, asOf } = plan;
  const first = items[0]?.record;
  for (const note of plan.notes) say(io, note);
  const of = (action: string): number => items.filter(({ step }) => step.action === action).length;
  const refused = items.filter(isRefused);
  const stillThere = items.filter(isStillThere).length;
  const earlier = of('refuse') - refused.length - stillThere;
  say(
    io,
    `${describeSource(source)} to ${describeSource(target.source)}, as of ${asOf === undefined ? 'now' : showInstant(asOf)}:`,
  );
  if (first !== undefined) say(io, `  ${describeRestorePlace(first)}`);
  say(
    io,
    `  ${count(of('restore'), 'key')} to restore, at least ${showDuration(Math.max(plan.estimatedMs, 1000))} at ${target.source.maxBackupsPerSecond} calls a second; each is read back and compared`,
  );
  if (of('recover') > 0) say(io, `  ${count(of('recover'), 'key')} only soft-deleted there: to recover, then compared`);
  if (stillThere > 0) say(io, `  ${count(stillThere, 'key')} still there by name, not compared: nothing to restore`);
  if (earlier > 0) say(io, `  ${count(earlier, 'key')} begun by an earlier pass, by the receipt: to look at again`);
  const refusals = refused.flatMap(({ step }) => (step.action === 'refuse' ? [step] : []));
  const textOf = (refusal: Refusal): string => `${paint('yellow', `${failureHeadline(refusal)}.`)} ${refusal.remedy}`;
  for (const line of firstOfEach(refusals, codeOf, textOf, 'see them all with --json')) say(io, `  ${line}`);
  const advice = adviceOf(target, target.isConfigured || plan.activeKeys > 0, through);
  if (advice !== undefined && of('restore') > 0) say(io, `  ${paint('yellow', 'Advice:')} ${advice}`);
  if (certificateBacked === undefined) {
    say(
      io,
      `  ${paint('yellow', 'No run report says which keys were certificate-backed:')} see to the certificates of the vault yourself`,
    );
  } else if (certificateBacked.length > 0) {
    const whose = certificateBacked.length === 1 ? 'its certificate' : 'their certificates';
    const head = `${count(certificateBacked.length, 'certificate-backed key')} to bring back with ${whose} (az keyvault certificate restore):`;
    say(io, `  ${paint('yellow', head)} ${certificateBacked.join(', ')}`);
  }
}

/** Each key of a what-if, with the age of its record. */
export async function printItems({ items }: RestorePlan, now: Date, io: Io): Promise<void> {
  const rows = items.map(({ record, step, begunBefore }) => {
    const isThere = isStillThere({ record, step, begunBefore });
    const word = isThere ? 'still there' : step.action === 'refuse' && begunBefore ? 'look again' : step.action;
    return [record.keyName, word, `record from ${showAge(record.createdAt, now)}`];
  });
  await print(io, alignColumns(io, rows, '  '));
}

/** What came of a key, with its name as in every command. */
export function outcomeObject({ key: name, ...rest }: RestoreOutcome): object {
  return { name, ...rest };
}

/** What came of it: the keys that are back, then what failed. */
export async function printOutcomes(outcomes: readonly RestoreOutcome[], counts: RestoreCounts, io: Io): Promise<void> {
  const paint = painter(io);
  const { restored, alreadyThere, recovered, failed, stranger, stillThere, unproven } = counts;
  const failures: Extract<RestoreOutcome, Failure>[] = [];
  const doubts: { code: string; text: string }[] = [];
  for (const outcome of outcomes) {
    if (outcome.outcome === 'failed' || outcome.outcome === 'stranger') {
      failures.push(outcome);
      continue;
    }
    const { id, enabled, verdict, reasons } = outcome;
    if (verdict !== 'same') doubts.push({ code: verdict, text: `${id} is ${verdict}: ${reasons.join('; ')}` });
    const what = outcome.outcome === 'alreadyThere' ? 'restored earlier' : outcome.outcome;
    const words = [what, verdict !== 'same' && verdict, !enabled && 'disabled'].filter(Boolean).join(', ');
    await print(io, `${id} ${paint('dim', words)}`);
  }
  for (const line of firstOfEach(doubts, codeOf, ({ text }) => text, 'the receipt has them all'))
    await print(io, paint('yellow', line));
  for (const line of firstOfEach(failures, codeOf, failureSentence, 'the receipt has them all'))
    await print(io, paint('red', line));
  const strangers = stranger === 0 ? '' : `, ${stranger} the wrong key`;
  const doubtful = unproven === 0 ? '' : ` Not proven to be the key, or all of it: ${unproven}.`;
  await print(
    io,
    `${restored} restored, ${recovered} recovered, ${alreadyThere} restored earlier, ${stillThere} still there, ${failed} failed${strangers}.${doubtful}`,
  );
}

/** The plan as `--json` shows it. */
export function planObject({ source, target, asOf, items, certificateBacked, estimatedMs }: RestorePlan): object {
  return {
    source: namesOfSource(source),
    target: describeTarget(target),
    asOf: asOf ?? null,
    plan: items.map(({ record, step, begunBefore }) => ({
      name: record.keyName,
      blobName: record.blobName,
      createdAt: record.createdAt,
      tier: record.blob.tier,
      begunBefore,
      ...step,
    })),
    certificateBacked: certificateBacked ?? null,
    estimatedMs: Math.round(estimatedMs),
  };
}
