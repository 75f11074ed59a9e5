import { EscrowFault } from '../../escrow/model/failure.ts';
import { ServiceError } from '../../escrow/model/service-error.ts';
import {
  defaultBackupsPerSecond,
  describeSource,
  isSameSource,
  type PacedSource,
  type SourceId,
  sourcePath,
} from '../../escrow/model/source.ts';
import { readLatestAudit } from '../../escrow/records/stored-audits.ts';
import { requireExpendable } from '../../escrow/restore/expendable-target.ts';
import { readVersions } from '../../escrow/restore/key-versions.ts';
import type { Quarantine } from '../../escrow/restore/quarantine.ts';
import type { RestorePorts } from '../../escrow/restore/restore-key.ts';
import { readOrSay, type Task } from '../task.ts';

/** What a restore works with, under the person's own identity. What keys cannot be compared with is said, and stops nobody. */
export async function openRestorePorts(target: PacedSource, task: Task): Promise<RestorePorts> {
  const { services, signal } = task;
  return {
    store: services.store,
    operator: services.operatorOf(target),
    softDeadline: signal,
    // What came back is compared, and taken away, whatever signal came.
    hardDeadline: new AbortController().signal,
    referenceOf: await openKeyReferences(target, task),
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

/**
 * Opens what keys restored to a target are compared with: each key in its source, and as audits saw it.
 * @param target never a reference of what it is itself restored to.
 */
async function openKeyReferences(target: SourceId, task: Task): Promise<RestorePorts['referenceOf']> {
  const { services, say } = task;
  // What was restored is compared even after Ctrl-C.
  const deadline = new AbortController().signal;
  const remedy = 'A restored key can be compared with its source alone.';
  const fault = 'What audits saw of the keys cannot be read';
  const latest = await readOrSay(task, fault, () => readLatestAudit(services.audits, task.signal), remedy);
  if (latest !== undefined && latest.audit === undefined) say(`No audit has looked at the keys yet. ${remedy}`);
  const closed = new Set<string>();
  return async (record) => {
    const { source, keyName } = record;
    const path = sourcePath(source);
    const witness = { known: latest?.audit?.find(path, keyName)?.versions };
    if (isSameSource(source, target) || closed.has(path)) return witness;
    const configured = services.settings.sources.find((one) => isSameSource(one, source));
    const maxBackupsPerSecond = defaultBackupsPerSecond(source.kind);
    try {
      const listedAt = services.now();
      const keys = services.keysOf(configured ?? { ...source, maxBackupsPerSecond });
      const versions = await readVersions(keys, keyName, deadline);
      return versions.size === 0 ? witness : { ...witness, source: { versions, listedAt } };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      // Gone, or closed to us; asking again for its next key would only cost time.
      if (!closed.has(path)) say(`Keys cannot be compared with ${describeSource(source)} itself: ${error.message}.`);
      closed.add(path);
      return witness;
    }
  };
}
