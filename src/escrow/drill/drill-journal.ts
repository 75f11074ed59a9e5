import { EscrowFault } from '../model/failure.ts';
import type { RunId } from '../model/run-id.ts';
import { scheduledRunId } from '../model/run-id.ts';
import type { EscrowStore, ListedBlob } from '../ports/escrow-store.ts';
import {
  drillFolder,
  drillJournalName,
  drillReceiptName,
  lastReceipts,
  parseDrillJournalName,
} from '../records/blob-names.ts';
import type { DrillJournal } from '../records/drill-journal.ts';
import { formatDrillJournal, readDrillJournal } from '../records/drill-journal.ts';
import type { DrillReceipt } from '../records/drill-receipt.ts';
import { formatDrillReceipt, readDrillReceipt } from '../records/drill-receipt.ts';
import { putOnce } from '../records/put-once.ts';

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
    const bytes = formatDrillJournal({ ...journal, drillId });
    const metadata = { target: journal.target };
    const blob = { name: drillJournalName(drillId), bytes, contentType: 'application/json', metadata };
    if ((await putOnce(drills, blob, deadline)).written) return drillId;
  }
  throw new EscrowFault(
    'drillUnderWay',
    `Cannot begin a drill at ${journal.startedAt}: too many others began in the same minute`,
    'Try again in a minute.',
  );
}

/** Writes a receipt of a drill under the next free number. One with nothing `left` closes the drill. @returns its name. */
export async function putReceipt(
  drills: EscrowStore,
  drillId: RunId,
  receipt: DrillReceipt,
  deadline: AbortSignal,
): Promise<string> {
  const bytes = formatDrillReceipt(receipt);
  for (let number = 1; ; number++) {
    const name = drillReceiptName(drillId, number);
    // So that an audit sees from the listing alone which drills are still open.
    const metadata = { status: receipt.status, ...(receipt.left?.length && { left: String(receipt.left.length) }) };
    const put = await putOnce(drills, { name, bytes, contentType: 'application/json', metadata }, deadline);
    if (put.written) return name;
  }
}

/** A drill that no receipt closes: it crashed, is under way, or left something. What it says is a claim of whoever wrote it. */
export interface OpenDrill {
  readonly journalName: string;
  /** The storage service's own time. */
  readonly openedAt: Date;
  readonly journal: DrillJournal;
  /** The names that may still be in the target, lower-case. */
  readonly names: readonly string[];
}

/** Every drill that is open, oldest first, of all targets. What cannot be read is named in `unreadable`. */
export async function findOpenDrills(
  drills: EscrowStore,
  deadline: AbortSignal,
): Promise<{ readonly open: readonly OpenDrill[]; readonly unreadable: readonly string[] }> {
  const blobs: ListedBlob[] = [];
  for await (const blob of drills.list(drillFolder, deadline)) blobs.push(blob);
  const journals = blobs.filter(({ name }) => parseDrillJournalName(name) !== undefined);
  const receipts = lastReceipts(blobs);
  const open: OpenDrill[] = [];
  const unreadable: string[] = [];
  for (const { name: journalName, createdAt: openedAt } of journals) {
    const drillId = parseDrillJournalName(journalName)?.drillId ?? '';
    const last = receipts.get(drillId);
    const read = last && (await readDrillReceipt(drills, last.name, deadline));
    if (last !== undefined && read !== undefined && 'why' in read) unreadable.push(last.name);
    const receipt = read === undefined || 'why' in read ? undefined : read;
    if (receipt !== undefined && (receipt.left ?? []).length === 0) continue;
    const journal = await readDrillJournal(drills, journalName, deadline);
    if (journal === undefined) {
      unreadable.push(journalName);
      continue;
    }
    const names = receipt?.left ?? journal.keys.map(({ key }) => key);
    open.push({ journalName, openedAt, journal, names: [...new Set(names.map((name) => name.toLowerCase()))] });
  }
  return { open: open.sort((a, b) => a.openedAt.getTime() - b.openedAt.getTime()), unreadable };
}
