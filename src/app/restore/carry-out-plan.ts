import type { PacedSource } from '../../escrow/model/source.ts';
import { restoreMany } from '../../escrow/restore/restore-many.ts';
import type { RestoreOutcome } from '../../escrow/restore/restore-outcome.ts';
import type { Task } from '../task.ts';
import { isStillThere, type RestorePlan } from './plan-restores.ts';
import { openRestorePorts, type QuarantineDesk } from './restore-ports.ts';
import type { RestoreReceipt } from './restore-receipt.ts';

export type { RestoreOutcome };

export type RestoreCounts = ReturnType<typeof countOutcomes>;

/**
 * Carries out a plan that a person agreed to; every step is in the receipt before the next.
 * @param ended called after each key.
 */
export async function carryOutPlan(
  plan: RestorePlan,
  { through, desk }: { readonly through: PacedSource | undefined; readonly desk: QuarantineDesk },
  receipt: RestoreReceipt,
  task: Task,
  ended: () => void,
) {
  const quarantine = through && { ...desk, operator: task.services.operatorOf(through) };
  const ports = { ...(await openRestorePorts(plan.target.source, task)), quarantine };
  const items = plan.items.filter((item) => !isStillThere(item));
  const outcomes = await restoreMany(items, ports, {
    beginning: receipt.beginning,
    async ended(outcome) {
      await receipt.ended(outcome);
      ended();
    },
  });
  const counts = countOutcomes(outcomes, plan);
  await receipt.end(counts);
  return { outcomes, counts };
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
    /** The wrong key: the first one stops the pass. */
    stranger: 0,
    /** Restored or already there, but not proven to be the key, or an older state of it. */
    unproven: 0,
    /** Not begun, because the pass ended early: the next one's. */
    left: plan.items.length - stillThere - outcomes.length,
  };
  for (const outcome of outcomes) {
    counts[outcome.outcome]++;
    const isRestored = outcome.outcome === 'restored' || outcome.outcome === 'alreadyThere';
    if (isRestored && outcome.verdict !== 'same') counts.unproven++;
  }
  return counts;
}
