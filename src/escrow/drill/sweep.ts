import { parseSourcePath, type SourceId } from '../model/source.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import type { KeyOperator } from '../ports/key-operator.ts';
import { type DrillReceipt, drillFormat, putDrillReceipt } from '../records/drill-receipt.ts';
import type { StoredAudit } from '../records/stored-audits.ts';
import { readTakenNames } from '../restore/restore-step.ts';
import { holderOf, removeKey } from '../restore/restored-key.ts';
import type { OpenDrill } from './open-drills.ts';

/** A key in a drill target that an open drill names, or a person. What drills say is a claim: a person looks at this list. */
export interface Leftover {
  readonly name: string;
  readonly state: 'active' | 'deleted';
  /** Its newest version: the key goes only while it is still this one. */
  readonly version: string;
  readonly createdAt: Date | undefined;
  /** The journal that names it; absent: only a person did. */
  readonly journalName?: string;
  /** The escrowed key that audits know this version of; absent: it is no copy of any key that they know. */
  readonly copyOf?: SourceId;
}

/**
 * What open drills into a target may have left there, as it is now.
 * @param names keys that a person named beside them.
 */
export async function findLeftovers(
  operator: KeyOperator,
  open: readonly OpenDrill[],
  names: readonly string[],
  audit: StoredAudit | undefined,
  deadline: AbortSignal,
): Promise<Leftover[]> {
  const wanted = new Map<string, OpenDrill | undefined>(names.map((name) => [name.toLowerCase(), undefined]));
  for (const drill of open) for (const name of drill.names) wanted.set(name, drill);
  if (wanted.size === 0) return [];
  // Journals may name anything, and as much as they like: only what is there is looked at.
  const { active, deleted: deletedNames } = await readTakenNames(operator, deadline);
  const found: Leftover[] = [];
  for (const [name, drill] of wanted) {
    if (!active.has(name) && !deletedNames.has(name)) continue;
    const holder = await holderOf(operator, name, deadline);
    const current = holder.active ?? holder.deleted;
    if (current?.version === undefined) continue;
    const copyOf = ownerOf(current.name, current.version, audit);
    found.push({
      name: current.name,
      state: holder.active === undefined ? 'deleted' : 'active',
      version: current.version,
      createdAt: current.createdAt,
      ...(drill && { journalName: drill.journalName }),
      ...(copyOf && { copyOf }),
    });
  }
  return found;
}

function ownerOf(name: string, version: string, audit: StoredAudit | undefined): SourceId | undefined {
  const owner = audit?.head.sources.find(({ source }) =>
    audit.find(source, name)?.versions?.known.some((one) => one.version === version),
  );
  return owner && parseSourcePath(owner.source);
}

/** Deletes and purges keys that a person agreed to, each only while it is what they were shown. @returns no `failure`: it is gone. */
export function sweep(operator: KeyOperator, agreed: readonly Leftover[], deadline: AbortSignal) {
  return Array.fromAsync(agreed, async (leftover) => {
    const failure = await removeKey(operator, leftover, deadline);
    return { leftover, ...(failure && { failure }) };
  });
}

/**
 * Closes open drills with a receipt each. @param remaining what is still in the target, lower-case: a drill that names any of it
 * stays open. @returns the receipts' names.
 */
export async function closeDrills(
  drills: EscrowStore,
  open: readonly OpenDrill[],
  remaining: ReadonlySet<string>,
  removed: readonly string[],
  now: () => Date,
  deadline: AbortSignal,
): Promise<string[]> {
  const receipts: string[] = [];
  for (const { drillId, journal, names } of open) {
    const left = names.filter((name) => remaining.has(name));
    const gone = removed.filter((name) => names.includes(name.toLowerCase()));
    const receipt: DrillReceipt = {
      format: drillFormat,
      startedAt: journal.startedAt,
      finishedAt: now().toISOString(),
      target: journal.target,
      status: 'swept',
      message: gone.length === 0 ? 'nothing of it was there' : `deleted and purged: ${gone.join(', ')}`,
      keys: [],
      ...(left.length > 0 && { left }),
    };
    receipts.push(await putDrillReceipt(drills, drillId, receipt, deadline));
  }
  return receipts;
}
