import { drilledKey } from '../audit/inputs/drill-history.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { eachDrillReceipt, listDrills } from '../records/drill-receipt.ts';
import type { StoredAudit } from '../records/stored-audits.ts';

/** When drills tried a key. ISO instants, by the storage service: a receipt is only as old as its blob. */
export interface DrillAttempts {
  /** The end of the newest drill that tried it, whatever came of it. */
  readonly triedAt: string;
  /** The end of the newest drill that proved it. */
  readonly provenAt: string | undefined;
}

/** What decides whose turn it is. Keys go by `<source path>/<key>`, lower-case. */
export type KnownDrills = Awaited<ReturnType<typeof readDrillAttempts>>;

/**
 * What all receipts say of each key. Drills are few: every receipt is read.
 * @param audit the newest one; it remembers proofs whose receipts have expired since.
 */
export async function readDrillAttempts(
  drillStore: EscrowStore,
  audit: StoredAudit | undefined,
  deadline: AbortSignal,
) {
  const attempts = new Map<string, DrillAttempts>();
  /** Keys that an audit saw listed; others are known from record folders alone. */
  const audited = new Set<string>();
  const note = (key: string, at: string, isProven: boolean): void => {
    const { triedAt = '', provenAt } = attempts.get(key) ?? {};
    attempts.set(key, {
      triedAt: later(triedAt, at),
      provenAt: isProven ? later(provenAt ?? '', at) : provenAt,
    });
  };
  for (const { source } of audit?.head.sources ?? []) {
    for (const { key, drilledAt } of audit?.keysOf(source) ?? []) {
      audited.add(drilledKey(source, key));
      if (drilledAt !== undefined) note(drilledKey(source, key), drilledAt, true);
    }
  }
  const { drills } = await listDrills(drillStore, deadline);
  const receipts = drills.flatMap((drill) => drill.receipts);
  await eachDrillReceipt(drillStore, receipts, deadline, (receipt, { createdAt }) => {
    // One that cannot be read, because it is archived for example, is ignored.
    if ('why' in receipt) return;
    for (const { source, key, outcome } of receipt.keys)
      note(drilledKey(source, key), createdAt.toISOString(), outcome === 'proven');
  });
  return { attempts, audited };
}

/** Whether the newest drill that tried the key did not prove it. */
export function failedLast({ triedAt, provenAt }: DrillAttempts): boolean {
  return provenAt === undefined || provenAt < triedAt;
}

function later(one: string, other: string): string {
  return one < other ? other : one;
}
