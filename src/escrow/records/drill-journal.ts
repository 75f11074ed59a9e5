import * as z from 'zod/mini';

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

/** Reads a journal; undefined when the text is none. */
export function parseDrillJournal(content: string): DrillJournal | undefined {
  try {
    return journalSchema.safeParse(JSON.parse(content)).data;
  } catch {
    return undefined;
  }
}
