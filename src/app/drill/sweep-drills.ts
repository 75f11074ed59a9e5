import { findOpenDrills } from '../../escrow/drill/open-drills.ts';
import { closeDrills, findLeftovers, type Leftover, sweep } from '../../escrow/drill/sweep.ts';
import { readLatestAudit } from '../../escrow/records/stored-audits.ts';
import type { PacedTarget } from '../restore/prepare-restore.ts';
import { requireExpendablePlace } from '../restore/restore-ports.ts';
import { readOrSay, type Task } from '../task.ts';

export type { Leftover };

/**
 * What earlier drills may have left in a target, how many are open, and which journals and receipts cannot be read.
 * @param names keys that a person named beside those of the drills. @throws EscrowFault for a source.
 */
export async function prepareSweep(target: PacedTarget, names: readonly string[], task: Task) {
  const { services, signal } = task;
  const { drills } = services;
  const operator = services.operatorOf(target.source);
  await requireExpendablePlace(target.source, 'Nothing swept', task);
  const { open, unreadable } = await findOpenDrills(drills, target.source, signal);
  const fault = 'What audits saw of the keys cannot be read';
  const latest = await readOrSay(task, fault, () => readLatestAudit(services.audits, signal));
  const leftovers = await findLeftovers(operator, open, names, latest?.audit, signal);
  return {
    leftovers,
    openDrills: open.length,
    unreadable,
    /** Deletes and purges those that are agreed to, and closes the drills of which nothing is left. */
    async carryOut(agreed: readonly Leftover[]) {
      // What was begun is ended, whatever signal came.
      const deadline = new AbortController().signal;
      const swept = await sweep(operator, agreed, deadline);
      const removed = swept.flatMap(({ leftover, failure }) => (failure === undefined ? [leftover.name] : []));
      const remaining = leftovers
        .map(({ name }) => name.toLowerCase())
        .filter((name) => !removed.some((gone) => gone.toLowerCase() === name));
      return { swept, receipts: await closeDrills(drills, open, new Set(remaining), removed, services.now, deadline) };
    },
  };
}
