import { failureHeadline, failureSentence } from '../../../escrow/model/failure.ts';
import { describeSource } from '../../../escrow/model/source.ts';
import type { RestoreOutcome } from '../../../escrow/restore/restore-key.ts';
import { describeRestorePlace } from '../../../escrow/restore/restore-place.ts';
import type { RestoreStep } from '../../../escrow/restore/restore-step.ts';
import { showInstant } from '../../options/instants.ts';
import { count, showDuration } from '../../terminal/figures.ts';
import { firstOfEach } from '../../terminal/first-of-each.ts';
import type { Io } from '../../terminal/io.ts';
import { painter, print, say } from '../../terminal/print.ts';
import type { RestorePlan } from './restore-plan.ts';
import { isRefused, isStillThere } from './restore-plan.ts';

type Refusal = Extract<RestoreStep, { action: 'refuse' }>;

function codeOf({ code }: { readonly code: string }): string {
  return code;
}

/** What is about to happen, and what cannot. */
export function tellPlan(plan: RestorePlan, io: Io): void {
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
  const refusals = refused.flatMap(({ step }) => (step.action === 'refuse' ? [step] : []));
  const textOf = (refusal: Refusal): string => `${paint('yellow', `${failureHeadline(refusal)}.`)} ${refusal.remedy}`;
  for (const line of firstOfEach(refusals, codeOf, textOf, 'see them all with --json')) say(io, `  ${line}`);
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

/** How many keys came to what. */
export interface RestoreCounts {
  readonly planned: number;
  readonly stillThere: number;
  readonly restored: number;
  readonly alreadyThere: number;
  readonly recovered: number;
  readonly failed: number;
  /** Not begun, because the pass ended early: the next one's. */
  readonly left: number;
}

/** What came of it: the keys that are back, then what failed. */
export async function tellOutcomes(outcomes: readonly RestoreOutcome[], counts: RestoreCounts, io: Io): Promise<void> {
  const paint = painter(io);
  const { restored, alreadyThere, recovered, failed, stillThere } = counts;
  const failures = outcomes.flatMap((outcome) => (outcome.outcome === 'failed' ? [outcome] : []));
  for (const outcome of outcomes) {
    if (outcome.outcome === 'failed') continue;
    const what = outcome.outcome === 'alreadyThere' ? 'restored earlier' : outcome.outcome;
    await print(io, `${outcome.id} ${paint('dim', what)}`);
  }
  for (const line of firstOfEach(failures, codeOf, failureSentence, 'the receipt has them all'))
    await print(io, paint('red', line));
  await print(
    io,
    `${restored} restored, ${recovered} recovered, ${alreadyThere} restored earlier, ${stillThere} still there, ${failed} failed.`,
  );
}
