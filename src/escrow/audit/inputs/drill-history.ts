import { keyNamePattern, parseSourcePath } from '../../model/source.ts';
import type { EscrowStore, ListedBlob } from '../../ports/escrow-store.ts';
import { eachDrillReceipt, listDrills } from '../../records/drill-receipt.ts';
import type { StoredAudit } from '../../records/stored-audits.ts';

// Receipts are claims of drill operators, who alone add to their store.

/** What restore drills came to, over all receipts so far. */
export type DrillHistory = Awaited<ReturnType<typeof readDrills>>;

/** New receipts of one audit; of more the newest. */
const maxReceipts = 200;
/** Names of keys that stay in memory, of all receipts together, the newest first: each may be of 64 MB. */
const maxNames = 200_000;

/** Reads the receipts that the latest audit did not know. */
export async function readDrills(drills: EscrowStore, previous: StoredAudit | undefined, deadline: AbortSignal) {
  const { drills: stored, isComplete } = await listDrills(drills, deadline);
  const receipts = stored
    .flatMap((drill) => drill.receipts)
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  const isNew = (blob: ListedBlob): boolean =>
    previous === undefined || blob.createdAt.getTime() >= previous.createdAt.getTime() - overlapMs;
  const unreadable: { name: string; why: string }[] = [];
  /** By `<source path>/<key>`, lower-case: the end of the newest drill that tried it, and whether it proved it. Of new receipts only. */
  const tried = new Map<string, { at: string; isProven: boolean }>();
  /** The end of the newest drill that came to nothing for a key, for a reason that says nothing of its backup. */
  const undecided = new Map<string, string>();
  /** Last receipts of drills that say what was left behind: until a sweep writes a later one without. */
  const left: { receipt: string; names: readonly string[] }[] = [];
  const known = previous?.head.drill;
  // The newest drill without a finding counts while its receipt is there.
  let last = receipts.some(({ name }) => name === known?.receipt) ? known : undefined;
  const lastOfEach = stored.flatMap((drill) => drill.receipts.slice(-1));
  const leaving = new Set(lastOfEach.filter(({ metadata }) => metadata.left !== undefined));
  let names = 0;
  // What cannot be a name is not told: it may be of any length.
  const isKept = (name: string): boolean => keyNamePattern.test(name) && ++names <= maxNames;
  const toRead = receipts.filter((blob) => isNew(blob) || leaving.has(blob)).slice(-maxReceipts);
  await eachDrillReceipt(drills, toRead.reverse(), deadline, (receipt, blob) => {
    const { name, createdAt } = blob;
    if ('why' in receipt) return void unreadable.push({ name, why: receipt.why });
    if (leaving.has(blob)) left.push({ receipt: name, names: (receipt.left ?? []).filter(isKept) });
    if (!isNew(blob)) return;
    // The store's time, not the receipt's: a receipt is only as old as its blob.
    const finishedAt = createdAt.toISOString();
    for (const { source, key, outcome, ...more } of receipt.keys) {
      if (parseSourcePath(source) === undefined || !isKept(key)) continue;
      const id = drilledKey(source, key);
      if (more.undecided) {
        if ((undecided.get(id) ?? '') < finishedAt) undecided.set(id, finishedAt);
        continue;
      }
      const { at = '', isProven = true } = tried.get(id) ?? {};
      // Of two within a second the one that did not prove it counts.
      if (at < finishedAt || (at === finishedAt && isProven))
        tried.set(id, { at: finishedAt, isProven: outcome === 'proven' });
    }
    const isNewest = last === undefined || last.finishedAt < finishedAt;
    const isWhole = receipt.status === 'ok' && receipt.keys.every(({ outcome }) => outcome === 'proven');
    if (isWhole && receipt.keys.length > 0 && isNewest) {
      const durationMs = Date.parse(receipt.finishedAt) - Date.parse(receipt.startedAt);
      last = { receipt: name, finishedAt, keys: receipt.keys.length, ...(durationMs >= 0 && { durationMs }) };
    }
  });
  /** Journals of drills without a receipt. */
  const open = stored.flatMap((drill) => (drill.receipts.length === 0 ? (drill.journal ?? []) : []));
  return { last, tried, undecided, open, left, unreadable, isComplete };
}

export function drilledKey(source: string, key: string): string {
  return `${source}/${key}`.toLowerCase();
}

// A receipt may have been written while the latest audit was looking elsewhere.
const overlapMs = 2 * 60 * 60 * 1000;
