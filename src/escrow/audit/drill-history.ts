import type { Finding } from '../model/finding.ts';
import type { EscrowStore, StoredBlob } from '../ports/escrow-store.ts';
import type { DrillReceipt } from '../records/drill-receipt.ts';
import { parseDrillReceipt } from '../records/drill-receipt.ts';
import { sha256Of } from '../records/put-once.ts';
import type { Audit } from './audit-document.ts';
import { readEach } from './evidence.ts';
import { drillOverdue } from './evidence-findings.ts';

/** What restore drills have proven, over all receipts so far. */
export interface DrillHistory {
  /** The newest drill that ended without a finding. */
  readonly last: Audit['drill'];
  /** By `<source path>/<key>`, lower-case: the end of the newest drill that proved it. */
  readonly proven: ReadonlyMap<string, string>;
}

export interface Receipts {
  readonly all: readonly StoredBlob[];
  /** Whether the audit before had not read it. */
  isNew(receipt: StoredBlob): boolean;
}

/**
 * Adds receipts that are new to what the audit before knew.
 * @param seen is told the digest of each as read.
 */
export async function readDrills(
  drillStore: EscrowStore,
  { all, isNew }: Receipts,
  previous: Audit | undefined,
  outOfTime: AbortSignal,
  seen: (name: string, sha256: string) => void,
): Promise<DrillHistory> {
  const receipts = all.filter(isNew);
  const read = await readEach(
    () => drillStore,
    receipts.map(({ name }) => name),
    outOfTime,
    (name, bytes) => {
      seen(name, sha256Of(bytes));
      return parseDrillReceipt(Buffer.from(bytes).toString('utf8'));
    },
  );
  // The last drill counts while its receipt is there, and is as old as that.
  const known = all.find(({ name }) => name === previous?.drill?.receipt);
  let last = previous?.drill && known && { ...previous.drill, finishedAt: known.createdAt.toISOString() };
  const proven = new Map<string, string>();
  for (const { source, keys } of previous?.sources ?? []) {
    for (const { key, drilledAt } of keys) if (drilledAt !== undefined) proven.set(drilledKey(source, key), drilledAt);
  }
  for (const { name, createdAt } of receipts) {
    const receipt = read.get(name);
    if (receipt === undefined) continue;
    // The service's time, not the receipt's: a receipt is only as old as its blob.
    const finishedAt = createdAt.toISOString();
    for (const key of provenKeys(receipt)) {
      if ((proven.get(key) ?? '') < finishedAt) proven.set(key, finishedAt);
    }
    const isNewest = last === undefined || last.finishedAt < finishedAt;
    if (receipt.status === 'ok' && receipt.keys.length > 0 && isNewest) {
      last = { receipt: name, finishedAt, keys: receipt.keys.length };
    }
  }
  return { last, proven };
}

export function drilledKey(source: string, key: string): string {
  return `${source}/${key}`.toLowerCase();
}

function provenKeys({ keys }: DrillReceipt): string[] {
  return keys.filter(({ outcome }) => outcome === 'proven').map(({ source, key }) => drilledKey(source, key));
}

export function drillFindings(last: Audit['drill'], maxDrillAgeDays: number | undefined, now: Date): Finding[] {
  if (maxDrillAgeDays === undefined) return [];
  const endedAt = last && new Date(last.finishedAt);
  const isDue = endedAt === undefined || now.getTime() - endedAt.getTime() > maxDrillAgeDays * 24 * 60 * 60 * 1000;
  return isDue ? [drillOverdue(maxDrillAgeDays, endedAt)] : [];
}
