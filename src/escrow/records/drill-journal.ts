import * as z from 'zod/mini';
import { ServiceError } from '../model/service-error.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { maxEvidenceBytes, readBounded } from './bounded-read.ts';
import { formatJson, parseJson } from './json-format.ts';

export const drillJournalFormat = 'keyvault-escrow/drill-journal/1';

const text = z.string();

/**
 * What a drill is about to restore, written to the container of drills before its first restore, as
 * `drills/<time>.journal.json`. Until a receipt closes it, copies of these keys may stand in the target. No warrant to delete.
 */
const journalSchema = z.object({
  format: z.literal(drillJournalFormat),
  drillId: text,
  startedAt: text,
  /** `vaults/<name>` or `managed-hsms/<name>`. */
  target: text,
  keys: z.array(z.object({ source: text, key: text, blobName: text })),
});

export type DrillJournal = z.infer<typeof journalSchema>;

export function formatDrillJournal(journal: DrillJournal): Buffer {
  return formatJson(journalSchema, journal);
}

/** @returns undefined for anything that cannot be read, because it is archived or gone for example, or is not a journal. */
export async function readDrillJournal(
  drills: EscrowStore,
  name: string,
  deadline: AbortSignal,
): Promise<DrillJournal | undefined> {
  try {
    return parseJson(journalSchema, await readBounded(drills, name, maxEvidenceBytes, deadline));
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}
