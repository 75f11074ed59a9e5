import { EscrowFault } from '../model/failure.ts';
import type { RunId } from '../model/run-id.ts';
import { scheduledRunId } from '../model/run-id.ts';
import type { EscrowStore, StoredBlob } from '../ports/escrow-store.ts';
import { drillFolder, drillJournalName, parseDrillJournalName, parseDrillReceiptName } from '../records/blob-names.ts';
import { parseDrillReceipt } from '../records/drill-receipt.ts';
import { putOnce } from '../records/put-once.ts';

/** What a drill is about to restore, written before its first restore: the only warrant to delete anything afterwards. */
export interface DrillJournal {
  readonly format: 'keyvault-escrow/drill-journal/1';
  readonly drillId: RunId;
  readonly startedAt: string;
  /** `vaults/<name>` or `managed-hsms/<name>`. */
  readonly target: string;
  readonly keys: readonly { readonly source: string; readonly key: string; readonly blobName: string }[];
}

export const drillJournalFormat = 'keyvault-escrow/drill-journal/1';

/**
 * Writes the journal under the time when the drill began, or the next second that is free.
 * @returns the drill's id, and when the storage service took the journal. @throws EscrowFault when a minute of them is taken.
 */
export async function putDrillJournal(
  drills: EscrowStore,
  journal: Omit<DrillJournal, 'drillId'>,
  outOfTime: AbortSignal,
): Promise<{ readonly drillId: RunId; readonly writtenAt: Date }> {
  const began = new Date(journal.startedAt).getTime();
  for (let second = 0; second < 60; second++) {
    const drillId = scheduledRunId(new Date(began + second * 1000));
    const bytes = Buffer.from(`${JSON.stringify({ ...journal, drillId })}\n`);
    const name = drillJournalName(drillId);
    const blob = { name, bytes, contentType: 'application/json', metadata: { target: journal.target } };
    if (!(await putOnce(drills, blob, outOfTime)).written) continue;
    const written = await drills.look(name, outOfTime);
    if (written !== undefined) return { drillId, writtenAt: written.createdAt };
    throw new EscrowFault(
      'drillJournalGone',
      `The journal ${name} of this drill is gone as soon as it was written`,
      'Find out who deletes from the container of drills; nothing was restored.',
    );
  }
  throw new EscrowFault(
    'drillUnderWay',
    `Cannot begin a drill at ${journal.startedAt}: too many others began in the same minute`,
    'Try again in a minute.',
  );
}

/** A journal that no receipt closes: what it names may still lie in its target. */
export interface OpenJournal {
  readonly journal: DrillJournal;
  /** The storage service's own time. */
  readonly writtenAt: Date;
}

/**
 * The journals of a target whose drills crashed (or are under way), or whose last receipt says that something was left,
 * oldest first.
 */
export async function findOpenJournals(
  drills: EscrowStore,
  target: string,
  outOfTime: AbortSignal,
): Promise<OpenJournal[]> {
  const journals: StoredBlob[] = [];
  const lastReceipts = new Map<RunId, StoredBlob>();
  for await (const blob of drills.list(drillFolder, outOfTime, { metadata: true })) {
    if (parseDrillJournalName(blob.name) !== undefined && blob.metadata.target === target) journals.push(blob);
    const drillId = parseDrillReceiptName(blob.name)?.drillId;
    const last = drillId === undefined ? undefined : lastReceipts.get(drillId);
    if (drillId !== undefined && (last === undefined || last.createdAt <= blob.createdAt))
      lastReceipts.set(drillId, blob);
  }
  const open: OpenJournal[] = [];
  for (const { name, createdAt } of journals) {
    const drillId = parseDrillJournalName(name)?.drillId ?? '';
    const last = lastReceipts.get(drillId);
    const receipt = last && parseDrillReceipt(await readText(drills, last.name, outOfTime));
    if (receipt !== undefined && (receipt.left ?? []).length === 0) continue;
    const journal = parseJournal(await readText(drills, name, outOfTime), drillId, target);
    if (journal !== undefined) open.push({ journal, writtenAt: createdAt });
  }
  return open;
}

async function readText(container: EscrowStore, name: string, outOfTime: AbortSignal): Promise<string> {
  return Buffer.from(await container.read(name, outOfTime)).toString('utf8');
}

// A journal is a warrant to delete: one that does not say exactly what its name and metadata say is none.
function parseJournal(text: string, drillId: RunId, target: string): DrillJournal | undefined {
  try {
    const journal: DrillJournal = JSON.parse(text);
    const isRight =
      journal.format === drillJournalFormat &&
      journal.drillId === drillId &&
      journal.target === target &&
      Array.isArray(journal.keys) &&
      journal.keys.every(({ key }) => typeof key === 'string');
    return isRight ? journal : undefined;
  } catch {
    return undefined;
  }
}
