import { messageOf } from '../../escrow/model/failure.ts';
import { OutOfTime } from '../../escrow/model/service-error.ts';
import type { SourceId } from '../../escrow/model/source.ts';
import type { StoredAudit } from '../../escrow/records/stored-audits.ts';
import { readLatestAudit } from '../../escrow/records/stored-audits.ts';
import { requireExpendable } from '../../escrow/restore/expendable-target.ts';
import type { Task } from '../task.ts';

/**
 * Makes sure that a place is no source, and says what is odd about it.
 * @param what it is wanted for, as a message begins: `No drill`.
 * @throws EscrowFault when it is one.
 */
export async function requireExpendablePlace(target: SourceId, what: string, task: Task): Promise<void> {
  const { store, settings } = task.services;
  const known = { store, sources: settings.sources, audit: await readAudit(task) };
  const note = await requireExpendable(target, what, known, task.signal);
  if (note !== undefined) task.say(note);
}

async function readAudit({ services, signal, say }: Task): Promise<StoredAudit | undefined> {
  try {
    return (await readLatestAudit(services.audits, signal)).audit;
  } catch (error) {
    if (error instanceof OutOfTime) throw error;
    say(`Which sources audits saw cannot be read: ${messageOf(error)}.`);
    return undefined;
  }
}
