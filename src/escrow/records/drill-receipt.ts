import * as z from 'zod/mini';
import type { RunId } from '../model/run-id.ts';
import { placeSchema } from '../model/source.ts';
import type { EscrowStore, StoredBlob } from '../ports/escrow-store.ts';
import { drillFolder, drillReceiptName, parseDrillBlobName } from './blob-names.ts';
import { eachListed, inParallel, oneLargeAtATime } from './bounded-read.ts';
import { putNumberedJson, readJson, readOrWhy } from './stored-json.ts';

export const drillFormat = 'keyvault-escrow/drill/1';

const text = z.string();
const label = z.exactOptional(z.string());

/**
 * How one restored key version was shown to be the one that was escrowed: against the public key in its source, against what
 * an audit saw, or, for a symmetric key, by its id. `none`: it was not.
 */
const versionSchema = z.object({
  version: text,
  /** RFC 7638 thumbprint of its public key; absent for a symmetric key. */
  thumbprint: label,
  proof: z.enum(['publicKey', 'witness', 'versionId', 'none']),
});

/**
 * What the drill came to for one key. `proven`: every restored version was known, and none that was due was missing.
 * `unproven`: it could not be compared, or not wholly. `failed`: it did not come back, or something else did.
 */
const drilledKeySchema = z.object({
  /** `vaults/<name>` or `managed-hsms/<name>`: where the key was escrowed from. */
  source: text,
  key: text,
  blobName: text,
  /** Of the bytes that were restored. */
  sha256: text,
  versions: z.array(versionSchema),
  outcome: z.enum(['proven', 'unproven', 'failed']),
  /** Reason, subject, remedy; absent with `proven`. */
  message: label,
  /** It failed before its backup could show anything: access, an outage, a name that is taken. */
  undecided: z.exactOptional(z.literal(true)),
});

/**
 * The receipt of one restore drill, written once as `drills/<time>.json` by whoever ran it: a claim. Times are ISO instants, UTC.
 */
const receiptSchema = z.object({
  format: z.literal(drillFormat),
  startedAt: text,
  finishedAt: text,
  /** Where the backups were restored, as `vaults/<name>` or `managed-hsms/<name>`, and its place when known. */
  target: text,
  place: z.exactOptional(placeSchema),
  /** `ok`: every key proven. `findings`: some were not. `stopped`: it ended before its last key. `swept`: see `drill sweep`. */
  status: z.enum(['ok', 'findings', 'stopped', 'swept']),
  /** Why it stopped, or what was swept away. */
  message: label,
  keys: z.array(drilledKeySchema),
  /** Names of keys that are still in the target, or may be. */
  left: z.exactOptional(z.array(text)),
});

export type DrilledKey = z.infer<typeof drilledKeySchema>;
export type DrillReceipt = z.infer<typeof receiptSchema>;

/** Writes a receipt of a drill under the next free number. One with nothing `left` closes the drill. @returns its name. */
export function putDrillReceipt(
  drills: EscrowStore,
  drillId: RunId,
  receipt: DrillReceipt,
  deadline: AbortSignal,
): Promise<string> {
  // So that an audit sees from the listing alone which drills are still open.
  const metadata = { status: receipt.status, ...(receipt.left?.length && { left: String(receipt.left.length) }) };
  const json = { schema: receiptSchema, value: receipt, metadata };
  return putNumberedJson(drills, (number) => drillReceiptName(drillId, number), json, deadline);
}

/** So many receipts are read at once. */
const readersAtOnce = 8;

/** Reads receipts, large ones one by one. @param each gets the receipt, or why it counts for nothing. @throws OutOfTime */
export async function eachDrillReceipt(
  drills: EscrowStore,
  receipts: readonly StoredBlob[],
  deadline: AbortSignal,
  each: (receipt: DrillReceipt | { readonly why: string }, blob: StoredBlob) => void,
): Promise<void> {
  const withLarge = oneLargeAtATime();
  await inParallel(receipts, readersAtOnce, (blob) =>
    withLarge(blob, async () => each(await readDrillReceipt(drills, blob.name, deadline), blob)),
  );
}

/** @returns the receipt, or why it counts for nothing. @throws OutOfTime */
export function readDrillReceipt(drills: EscrowStore, name: string, deadline: AbortSignal) {
  return readOrWhy(readJson(drills, name, receiptSchema, deadline), 'a receipt');
}

/**
 * Every drill, by the names of its blobs: its journal, and its receipts by number, of which the last counts.
 * @returns `isComplete`: whether all blobs were listed.
 */
export async function listDrills(store: EscrowStore, deadline: AbortSignal) {
  const blobs: (NonNullable<ReturnType<typeof parseDrillBlobName>> & { readonly blob: StoredBlob })[] = [];
  const isComplete = await eachListed(store.list(drillFolder, deadline, { metadata: true }), (blob) => {
    const parsed = parseDrillBlobName(blob.name);
    if (parsed !== undefined) blobs.push({ ...parsed, blob });
  });
  blobs.sort((a, b) => a.number - b.number);
  const drills = [...Map.groupBy(blobs, ({ drillId }) => drillId)].map(([drillId, group]) => ({
    drillId,
    journal: group.find(({ what }) => what === 'journal')?.blob,
    receipts: group.flatMap(({ what, blob }) => (what === 'receipt' ? [blob] : [])),
  }));
  return { drills, isComplete };
}
