import { EscrowFault } from '../model/failure.ts';
import { precedesRun, type RunId } from '../model/run-id.ts';
import type { SourceId } from '../model/source.ts';
import type { SourceKey } from '../model/source-key.ts';
import type { EscrowStore, StoredBlob } from '../ports/escrow-store.ts';
import { faultOfBlob } from '../records/blob-fault.ts';
import { ownRecordPrefix, parseRecordName, recordName } from '../records/blob-names.ts';
import { backedUpAt } from '../records/record-order.ts';

/** Where a record of a run goes. */
export interface RecordSlot {
  readonly name: string;
  /** By this record the run has nothing left to do. */
  readonly settledBy?: StoredBlob | undefined;
  /** Another blob has the name, and is to be replaced. */
  readonly isTaken?: true;
}

/** The next free name in the key's own folder. One request. */
export async function slotInFolder(
  store: EscrowStore,
  source: SourceId,
  key: SourceKey,
  runId: RunId,
  deadline: AbortSignal,
): Promise<RecordSlot> {
  const own = await listOwnRecords(store, source, key.name, runId, deadline);
  return { name: recordName(source, key.name, runId, freeNumber(own)), settledBy: settledBy(own, source, key, runId) };
}

interface OwnRecord {
  readonly number: number;
  readonly blob: StoredBlob;
}

// One for each change of a key between two passes of one run; more are somebody else's doing.
const maxOwnRecords = 1000;

/** The records of one key under the names of one run, highest number first. One request for all of them. */
async function listOwnRecords(
  store: EscrowStore,
  source: SourceId,
  keyName: string,
  runId: RunId,
  deadline: AbortSignal,
): Promise<OwnRecord[]> {
  const records: OwnRecord[] = [];
  const prefix = ownRecordPrefix(source, keyName, runId);
  for await (const blob of store.list(prefix, deadline, { metadata: true })) {
    const named = parseRecordName(blob.name);
    if (named !== undefined) records.push({ number: named.number, blob });
    if (records.length <= maxOwnRecords) continue;
    throw new EscrowFault(
      'tooManyRecords',
      `more than ${maxOwnRecords} records of run ${runId} are there already ("${prefix}…")`,
      'Find out who wrote them (storage logs), and escrow the key by a request of its own meanwhile.',
    );
  }
  return records.sort((a, b) => b.number - a.number);
}

/** The record by which the run has nothing left to do: the highest of those that hold the key as it is now. */
export function settledBy(
  records: readonly OwnRecord[],
  source: SourceId,
  key: SourceKey,
  runId: RunId,
): StoredBlob | undefined {
  // What does not count as a record of its key for an audit settles no run: the key would be without a backup.
  const counts = (blob: StoredBlob): boolean => faultOfBlob(blob, source, key.name) === undefined;
  return records.find(({ blob }) => isOwn(blob, key, runId) && counts(blob) && holdsState(blob, key))?.blob;
}

/** Whether a blob is what this very run wrote of this key. What was imported is nobody's run. */
export function isOwn({ createdAt, metadata }: StoredBlob, key: SourceKey, runId: RunId): boolean {
  const { keyid, runid, trigger } = metadata;
  return (
    runid === runId &&
    keyid?.toLowerCase() === key.id.toLowerCase() &&
    trigger !== 'import' &&
    !precedesRun(createdAt, runId)
  );
}

/** Whether the key has not changed since its backup; both times are the vault's. */
function holdsState(blob: StoredBlob, { updatedAt }: SourceKey): boolean {
  if (updatedAt === undefined) return true;
  const takenAt = backedUpAt(blob);
  return takenAt !== undefined && takenAt >= updatedAt;
}

/** The next number that is free: the smallest, so that nobody can use them up. */
export function freeNumber(records: readonly OwnRecord[]): number {
  const taken = new Set(records.map(({ number }) => number));
  let number = 1;
  while (taken.has(number)) number++;
  return number;
}
