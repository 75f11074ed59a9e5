import PQueue from 'p-queue';
import { EscrowFault } from '../escrow/model/failure.ts';
import type { SourceId } from '../escrow/model/source.ts';
import { chooseRecord, type RecordChoice } from '../escrow/records/record-choice.ts';
import { listEveryRecord, type RecordsOfKey } from '../escrow/records/record-listing.ts';
import { pickRecord, type RecordPick } from '../escrow/records/record-pick.ts';
import { describePick } from '../escrow/records/record-pick-words.ts';
import type { StoredRecord } from '../escrow/records/stored-record.ts';
import { chooseKnown, completeKeyNames, knownKeyNames, unknownKey } from './known-names.ts';
import { recordPlace, type Task } from './task.ts';

/** Which records; absent members do not narrow. */
export interface RecordQuery {
  readonly source: SourceId | undefined;
  /** Names, which may be unfinished, or patterns. */
  readonly names: readonly string[] | undefined;
  readonly since: Date | undefined;
  /** Only the newest of each key, as a restore would take it. */
  readonly onlyLatest: boolean;
}

// What a record is printed from.
export { obstacleOf } from '../escrow/records/record-obstacle.ts';
export type FoundRecord = StoredRecord;
export type { RecordChoice };

/** The records, key by key, newest first: a key's records are held at a time. @throws UsageFault */
export async function* findRecords(query: RecordQuery, task: Task): AsyncGenerator<RecordsOfKey> {
  const { since, onlyLatest } = query;
  const source = query.source && (await chooseKnown(query.source, task));
  const names = query.names && (await completeKeyNames(query.names, source, task));
  for await (const records of listEveryRecord(recordPlace(task), { source, names, since })) {
    yield onlyLatest ? [pickRecord(records, undefined).record ?? records[0]] : records;
  }
}

const recordsAtOnce = 8;

/** Works on every record, on some at once. @throws the first error of any, once the others under way have ended. */
export async function forEachRecord(
  query: RecordQuery,
  task: Task,
  work: (record: FoundRecord) => Promise<void>,
): Promise<void> {
  const queue = new PQueue({ concurrency: recordsAtOnce });
  let stopped: unknown;
  for await (const group of findRecords(query, task)) {
    for (const record of group) {
      await queue.onSizeLessThan(recordsAtOnce);
      queue.add(() => work(record)).catch((error: unknown) => (stopped ??= error));
    }
    if (stopped !== undefined) break;
  }
  await queue.onIdle();
  if (stopped !== undefined) throw stopped;
}

/**
 * The record that is meant; what has to be known about the choice is said.
 * @throws UsageFault for a key without a record; EscrowFault when it has none as of the time.
 */
export async function findRecord(choice: RecordChoice, task: Task): Promise<RecordPick> {
  const source = choice.source && (await chooseKnown(choice.source, task));
  try {
    const pick = await chooseRecord(recordPlace(task), { ...choice, source } as RecordChoice);
    for (const note of describePick(pick)) task.say(note);
    return pick;
  } catch (error) {
    if (!(error instanceof EscrowFault) || 'blobName' in choice) throw error;
    const known = await knownKeyNames(source, task);
    if (known.includes(choice.keyName.toLowerCase())) throw error;
    throw unknownKey(choice.keyName, source, known);
  }
}
