import type { RecordsOfKey } from './record-listing.ts';
import { obstacleOf, type RecordObstacle } from './record-obstacle.ts';
import { newestFirst, type StoredRecord } from './stored-record.ts';

/** A record that would have been chosen, but can never be restored as it lies. */
export interface PassedOver {
  readonly record: StoredRecord;
  readonly obstacle: RecordObstacle;
}

/** The record of a key that is to be restored, and what the person has to know about the choice. */
export interface RecordPick {
  readonly record: StoredRecord;
  /** In the archive: what can be read at once instead, newer than it and older. */
  readonly archived?: { readonly newer: StoredRecord | undefined; readonly older: StoredRecord | undefined };
  readonly passedOver: readonly PassedOver[];
  /** Every record of the key is late: they are ordered by what they say themselves. */
  readonly allLate: boolean;
  /** It was altered after it was written, and so was everything else of the key that could be restored. */
  readonly onlyAltered?: true;
}

/** What there is of a key as of a time; `record` is absent where nothing can be restored. */
export type RecordPicked = RecordPick | (Pick<RecordPick, 'passedOver'> & { readonly record: undefined });

/**
 * The newest record of a key as of a time. Late records yield to all others; what cannot be restored as it lies is passed over.
 * @param records all records of the key, in the order of `newestFirst`.
 */
export function pickRecord(records: RecordsOfKey, asOf: Date | undefined): RecordPicked {
  const wanted = records.filter((record) => asOf === undefined || record.order.time <= asOf);
  const find = (...codes: (RecordObstacle['code'] | undefined)[]): number =>
    wanted.findIndex((record) => codes.includes(obstacleOf(record)?.code));
  const untouched = find(undefined, 'archived');
  // Better than nothing: its bytes are checked, and what comes back is compared.
  const index = untouched < 0 ? find('modified') : untouched;
  const record = wanted[index];
  // Late ones too: by its creation such a blob is newer, and somebody put it there.
  const passedOver = wanted.flatMap((other, at): PassedOver[] => {
    const obstacle = obstacleOf(other);
    if (obstacle === undefined || obstacle.code === 'archived' || other === record) return [];
    const isAhead = record === undefined || at < index || other.createdAt > record.createdAt;
    return isAhead ? [{ record: other, obstacle }] : [];
  });
  if (record === undefined) return { record, passedOver };
  const allLate = records.every(({ order }) => order.isLate);
  const obstacle = obstacleOf(record);
  if (obstacle?.code === 'modified') return { record, passedOver, allLate, onlyAltered: true };
  if (obstacle === undefined) return { record, passedOver, allLate };
  const readable = records.filter((other) => obstacleOf(other) === undefined);
  const isNewer = (other: StoredRecord): boolean => newestFirst(other, record) < 0;
  return {
    record,
    archived: { newer: readable.filter(isNewer).at(-1), older: readable.find((other) => !isNewer(other)) },
    passedOver,
    allLate,
  };
}
