import { EscrowFault } from '../model/failure.ts';
import { describeKey, isSameSource, type SourceId } from '../model/source.ts';
import { listRecords, type RecordPlace } from './record-listing.ts';
import { obstacleOf } from './record-obstacle.ts';
import { type PassedOver, pickRecord, type RecordPick } from './record-pick.ts';
import { storedRecordOf } from './stored-record.ts';

/** Which one record: a key's newest (as of a time), or one by its blob name. */
export type RecordChoice =
  | { readonly source: SourceId; readonly keyName: string; readonly asOf?: Date | undefined }
  | { readonly blobName: string; readonly source?: SourceId | undefined; readonly keyName?: string | undefined };

/**
 * Of a key only what lies in its own folder is looked at; what lies under a chosen name is taken by that name alone.
 * @throws EscrowFault when there is no such record, or when the blob holds another key.
 */
export async function chooseRecord(from: RecordPlace, choice: RecordChoice): Promise<RecordPick> {
  if ('blobName' in choice) return recordAt(from, choice);
  const { source, keyName, asOf } = choice;
  let passedOver: readonly PassedOver[] = [];
  for await (const records of listRecords(from, { source, names: [keyName] })) {
    const pick = pickRecord(records, asOf);
    if (pick.record !== undefined) return pick;
    passedOver = pick.passedOver;
  }
  const [first] = passedOver;
  if (first !== undefined) throw nothingRestorable(first, passedOver.length);
  const when = asOf === undefined ? '' : ` from ${asOf.toISOString()} or before`;
  throw new EscrowFault(
    'recordNotFound',
    `the escrow has no record of ${describeKey(choice)}${when}`,
    'See what there is: `keyvault-escrow list`.',
  );
}

/** Every record that would do has something that keeps it from being restored. */
export function nothingRestorable({ record, obstacle }: PassedOver, count: number): EscrowFault {
  const others = count === 1 ? '' : ` (and ${count - 1} more like it)`;
  return new EscrowFault(
    'recordNotFound',
    `no record of ${describeKey(record)} can be restored: "${record.blobName}" ${obstacle.reason}${others}`,
    'Find out who put it there; take an older time (--at) or a record by its name (--blob-name).',
  );
}

async function recordAt(
  { store, suffixes, deadline }: RecordPlace,
  wanted: Extract<RecordChoice, { readonly blobName: string }>,
): Promise<RecordPick> {
  const { blobName } = wanted;
  const blob = await store.find(blobName, deadline);
  const record = blob && storedRecordOf(blob, suffixes);
  if (record === undefined) {
    const why =
      blob === undefined ? `there is no blob "${blobName}"` : `the blob "${blobName}" is not an escrow record`;
    throw new EscrowFault('recordNotFound', why, 'See what there is: `keyvault-escrow list`.');
  }
  const isOther =
    (wanted.source !== undefined && !isSameSource(record.source, wanted.source)) ||
    (wanted.keyName !== undefined && record.keyName.toLowerCase() !== wanted.keyName.toLowerCase());
  if (isOther) {
    throw new EscrowFault(
      'otherRecord',
      `the blob "${blobName}" holds ${describeKey(record)}, not the key that you named`,
      'Leave --name and the source out, or name another blob.',
    );
  }
  const isArchived = obstacleOf(record)?.code === 'archived';
  const archived = isArchived ? { archived: { newer: undefined, older: undefined } } : {};
  return { record, ...archived, passedOver: [], allLate: record.order.isLate };
}
