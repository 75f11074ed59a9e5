import * as z from 'zod/mini';
import type { RestorePlace } from '../model/source.ts';

/** How one restored key version was shown to be the one that was escrowed. */
export interface ProvenVersion {
  /** The version's id; restore keeps it. */
  readonly version: string;
  /** RFC 7638 thumbprint of its public key; absent for a symmetric key. */
  readonly thumbprint?: string;
  /**
   * What it was compared with: the public key read from the source itself, a witness that an audit recorded earlier, or,
   * where neither exists, the version id alone.
   */
  readonly proof: 'publicKey' | 'witness' | 'versionId';
}

/** What the drill came to for one key: proven, or failed and why. */
export interface DrilledKey {
  /** `vaults/<name>` or `managed-hsms/<name>`: where the key was escrowed from. */
  readonly source: string;
  readonly key: string;
  readonly blobName: string;
  /** Of the bytes that were restored. */
  readonly sha256: string;
  readonly versions: readonly ProvenVersion[];
  readonly outcome: 'proven' | 'failed';
  /** Reason, subject, remedy; with `failed` always. */
  readonly message?: string;
}

/** The receipt of one restore drill, written once as `drills/<time>.json`. Times are ISO instants, UTC. */
export interface DrillReceipt {
  readonly format: 'keyvault-escrow/drill/1';
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Where the backups were restored, as `vaults/<name>` or `managed-hsms/<name>`, and its place when known. */
  readonly target: string;
  readonly place?: RestorePlace;
  /** `ok`: every key proven. `findings`: some failed. `stopped`: the drill ended before its last key. */
  readonly status: 'ok' | 'findings' | 'stopped';
  /** Why it stopped, or what was swept away after a crash; with `stopped` always. */
  readonly message?: string;
  readonly keys: readonly DrilledKey[];
  /** Names that could not be taken away again: the next drill into this target sweeps them first. */
  readonly left?: readonly string[];
}

export const drillFormat = 'keyvault-escrow/drill/1';

/** As much of a receipt as is read back. */
const receiptShape = z.object({
  format: z.literal(drillFormat),
  status: z.enum(['ok', 'findings', 'stopped']),
  keys: z.array(z.object({ source: z.string(), key: z.string(), outcome: z.enum(['proven', 'failed']) })),
});

/** Reads a receipt; undefined when the text is none. */
export function parseDrillReceipt(text: string): DrillReceipt | undefined {
  try {
    const receipt = JSON.parse(text);
    return receiptShape.safeParse(receipt).success ? receipt : undefined;
  } catch {
    return undefined;
  }
}
