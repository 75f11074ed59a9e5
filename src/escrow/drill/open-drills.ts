import type { RunId } from '../model/run-id.ts';
import { type SourceId, sourcePath } from '../model/source.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { type DrillJournal, readDrillJournal } from '../records/drill-journal.ts';
import { listDrills, readDrillReceipt } from '../records/drill-receipt.ts';

/** A drill that no receipt closes: it crashed, is under way, or left something. What it says is a claim of whoever wrote it. */
export interface OpenDrill {
  /** By the name of its journal, whatever that says inside. */
  readonly drillId: RunId;
  readonly journalName: string;
  /** The storage service's own time. */
  readonly openedAt: Date;
  readonly journal: DrillJournal;
  /** The names that may still be in the target, lower-case. */
  readonly names: readonly string[];
}

/** Every drill into a target that is open, oldest first. What cannot be read, of any target, is named in `unreadable`. */
export async function findOpenDrills(drills: EscrowStore, target: SourceId, deadline: AbortSignal) {
  const open: OpenDrill[] = [];
  const unreadable: string[] = [];
  for (const { drillId, journal: blob, receipts } of (await listDrills(drills, deadline)).drills) {
    if (blob === undefined) continue;
    const { name: journalName, createdAt: openedAt } = blob;
    const last = receipts.at(-1);
    const receipt = last && (await readDrillReceipt(drills, last.name, deadline));
    if (last !== undefined && receipt !== undefined && 'why' in receipt) unreadable.push(last.name);
    const left = receipt === undefined || 'why' in receipt ? undefined : (receipt.left ?? []);
    if (left?.length === 0) continue;
    const journal = await readDrillJournal(drills, journalName, deadline);
    if ('why' in journal) {
      unreadable.push(journalName);
    } else if (journal.target === sourcePath(target)) {
      const names = left ?? journal.keys.map(({ key }) => key);
      open.push({
        drillId,
        journalName,
        openedAt,
        journal,
        names: [...new Set(names.map((name) => name.toLowerCase()))],
      });
    }
  }
  return { open: open.sort((a, b) => a.openedAt.getTime() - b.openedAt.getTime()), unreadable };
}
