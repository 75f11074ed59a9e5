import { EscrowFault } from '../../escrow/model/failure.ts';
import { isSameSource, type PacedSource, type SourceId } from '../../escrow/model/source.ts';
import { readLatestAudit } from '../../escrow/records/stored-audits.ts';
import { requireExpendable } from '../../escrow/restore/expendable-target.ts';
import type { Quarantine } from '../../escrow/restore/quarantine.ts';
import type { RestorePorts } from '../../escrow/restore/restore-key.ts';
import { readOrSay, type Task } from '../task.ts';
import type { ReferenceOf } from './key-references.ts';

/** What a restore works with, under the person's own identity. */
export function restorePortsOf(target: PacedSource, referenceOf: ReferenceOf, task: Task): RestorePorts {
  const { services, signal } = task;
  return {
    store: services.store,
    operator: services.operatorOf(target),
    softDeadline: signal,
    // What came back is compared, and taken away, whatever signal came.
    hardDeadline: new AbortController().signal,
    referenceOf,
    sleep: services.sleep,
    waiting: services.reportWait,
  };
}

/**
 * Makes sure that a place can serve as a quarantine for a target: another one of the same kind, and no source.
 * @throws EscrowFault when it cannot.
 */
export async function requireQuarantine(quarantine: PacedSource, target: PacedSource, task: Task): Promise<void> {
  if (isSameSource(quarantine, target) || quarantine.kind !== target.kind) {
    throw new EscrowFault(
      'notAQuarantine',
      'Nothing restored: --through must name another place of the same kind as the target',
      'Name a vault, or for a Managed HSM another HSM, where nothing matters and which lies where the target does.',
    );
  }
  await requireExpendablePlace(quarantine, 'Nothing restored through it', task);
}

/** Asks about a key whose identity is not proven, and is notified of what stands in the quarantine. */
export type QuarantineDesk = Pick<Quarantine, 'agree' | 'standing'>;

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
