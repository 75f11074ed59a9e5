import type { SourceId } from '../../escrow/model/source.ts';
import { readLatestAudit } from '../../escrow/records/stored-audits.ts';
import { requireExpendable } from '../../escrow/restore/expendable-target.ts';
import { readOrSay, type Task } from '../task.ts';

/**
 * Makes sure that a place is no source, and says what is odd about it.
 * @param what it is wanted for, as a message begins: `No drill`.
 * @throws EscrowFault when it is one.
 */
export async function requireExpendablePlace(target: SourceId, what: string, task: Task): Promise<void> {
  const { services, signal } = task;
  const { store, settings, audits } = services;
  const fault = 'Which sources audits saw cannot be read';
  const latest = await readOrSay(task, fault, () => readLatestAudit(audits, signal));
  const known = { store, sources: settings.sources, audit: latest?.audit };
  const note = await requireExpendable(target, what, known, signal);
  if (note !== undefined) task.say(note);
}
