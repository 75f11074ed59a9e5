import type { Audit } from '../audit/audit-document.ts';
import { drilledKey } from '../audit/drill-history.ts';
import { readEach } from '../audit/evidence.ts';
import type { EscrowStore, ListedBlob } from '../ports/escrow-store.ts';
import { drillFolder, parseDrillReceiptName } from '../records/blob-names.ts';
import { parseDrillReceipt } from '../records/drill-receipt.ts';

/** When drills tried a key. ISO instants, by the storage service: a receipt is only as old as its blob. */
export interface DrillAttempts {
  /** The end of the newest drill that tried it, whatever came of it. */
  readonly triedAt: string;
  /** The end of the newest drill that proved it. */
  readonly provenAt: string | undefined;
}

/**
 * What all receipts say of each key, by `<source path>/<key>`, lower-case. Drills are few: every receipt is read.
 * @param audit the newest one; it remembers proofs whose receipts have expired since.
 */
export async function readDrillAttempts(
  drillStore: EscrowStore,
  audit: Audit | undefined,
  outOfTime: AbortSignal,
): Promise<ReadonlyMap<string, DrillAttempts>> {
  const attempts = new Map<string, DrillAttempts>();
  const note = (key: string, at: string, isProven: boolean): void => {
    const { triedAt = '', provenAt } = attempts.get(key) ?? {};
    attempts.set(key, {
      triedAt: later(triedAt, at),
      provenAt: isProven ? later(provenAt ?? '', at) : provenAt,
    });
  };
  for (const { source, keys } of audit?.sources ?? []) {
    for (const { key, drilledAt } of keys) if (drilledAt !== undefined) note(drilledKey(source, key), drilledAt, true);
  }
  const receipts: ListedBlob[] = [];
  for await (const blob of drillStore.list(drillFolder, outOfTime)) {
    if (parseDrillReceiptName(blob.name) !== undefined) receipts.push(blob);
  }
  const names = receipts.map(({ name }) => name);
  const read = await readEach(
    () => drillStore,
    names,
    outOfTime,
    (_, bytes) => parseDrillReceipt(Buffer.from(bytes).toString('utf8')),
  );
  for (const { name, createdAt } of receipts) {
    for (const { source, key, outcome } of read.get(name)?.keys ?? [])
      note(drilledKey(source, key), createdAt.toISOString(), outcome === 'proven');
  }
  return attempts;
}

/** Whether the newest drill that tried the key did not prove it. */
export function failedLast({ triedAt, provenAt }: DrillAttempts): boolean {
  return provenAt === undefined || provenAt < triedAt;
}

function later(one: string, other: string): string {
  return one < other ? other : one;
}
