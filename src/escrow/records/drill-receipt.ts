import * as z from 'zod/mini';
import { OutOfTime, ServiceError } from '../model/service-error.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { maxEvidenceBytes, readBounded } from './bounded-read.ts';
import { formatJson, parseJson } from './json-format.ts';
import { placeSchema } from './shared-schemas.ts';

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

export function formatDrillReceipt(receipt: DrillReceipt): Buffer {
  return formatJson(receiptSchema, receipt);
}

/** @returns the receipt, or why it counts for nothing. @throws OutOfTime; every failure of the store is an answer. */
export async function readDrillReceipt(
  drills: EscrowStore,
  name: string,
  deadline: AbortSignal,
): Promise<DrillReceipt | { readonly why: string }> {
  try {
    const bytes = await readBounded(drills, name, maxEvidenceBytes, deadline);
    return parseJson(receiptSchema, bytes) ?? { why: 'it is not a receipt of this version' };
  } catch (error) {
    if (error instanceof OutOfTime || !(error instanceof ServiceError)) throw error;
    return { why: error.message };
  }
}
