import * as z from 'zod/mini';
import { EscrowFault } from '../model/failure.ts';
import { type RunId, scheduledRunId } from '../model/run-id.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { drillJournalName } from './blob-names.ts';
import { putJson, readJson, readOrWhy } from './stored-json.ts';

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

/**
 * Opens a drill: writes its journal under the time when it began, or the next second that is free.
 * @returns the drill's id. @throws EscrowFault when a minute of them is taken; nothing was restored then.
 */
export async function openDrill(
  drills: EscrowStore,
  journal: Omit<DrillJournal, 'drillId'>,
  deadline: AbortSignal,
): Promise<RunId> {
  const began = new Date(journal.startedAt).getTime();
  for (let second = 0; second < 60; second++) {
    const drillId = scheduledRunId(new Date(began + second * 1000));
    const json = { schema: journalSchema, value: { ...journal, drillId }, metadata: { target: journal.target } };
    if ((await putJson(drills, drillJournalName(drillId), json, deadline)).written) return drillId;
  }
  throw new EscrowFault(
    'drillUnderWay',
    `Cannot begin a drill at ${journal.startedAt}: too many others began in the same minute`,
    'Try again in a minute.',
  );
}

/** @returns the journal, or why it cannot be read. @throws OutOfTime */
export function readDrillJournal(drills: EscrowStore, name: string, deadline: AbortSignal) {
  return readOrWhy(readJson(drills, name, journalSchema, deadline), 'a journal');
}
