import { EscrowFault } from '../model/failure.ts';
import type { SourceSuffixes } from '../model/key-id.ts';
import type { SourceId } from '../model/source.ts';
import { describeSource, isSameSource } from '../model/source.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { listRecords } from './record-listing.ts';
import type { StoredRecord } from './stored-record.ts';
import { storedRecordOf } from './stored-record.ts';

/** Which one record: a key's newest (as of a time), or one by its blob name. */
export type RecordChoice =
  | { readonly source: SourceId; readonly keyName: string; readonly asOf?: Date | undefined }
  | { readonly blobName: string; readonly source?: SourceId | undefined; readonly keyName?: string | undefined };

/** @throws EscrowFault when there is no such record, or when the blob is another one than was asked for. */
export async function chooseRecord(
  container: EscrowStore,
  suffixes: SourceSuffixes,
  choice: RecordChoice,
  outOfTime: AbortSignal,
): Promise<StoredRecord> {
  if ('blobName' in choice) return recordAt(container, suffixes, choice, outOfTime);
  const { source, keyName, asOf } = choice;
  const filter = { source, names: [keyName], until: asOf };
  for await (const [newest] of listRecords(container, suffixes, filter, outOfTime)) return newest;
  const when = asOf === undefined ? '' : ` from ${asOf.toISOString()} or before`;
  throw new EscrowFault(
    'recordNotFound',
    `the escrow has no record of key "${keyName}" of ${describeSource(source)}${when}`,
    'See what there is: npm run escrow -- list.',
  );
}

async function recordAt(
  container: EscrowStore,
  suffixes: SourceSuffixes,
  wanted: { readonly blobName: string; readonly source?: SourceId | undefined; readonly keyName?: string | undefined },
  outOfTime: AbortSignal,
): Promise<StoredRecord> {
  const blob = await container.look(wanted.blobName, outOfTime);
  const record = blob && storedRecordOf(blob, suffixes);
  if (record === undefined) {
    throw new EscrowFault(
      'recordNotFound',
      blob === undefined
        ? `there is no blob "${wanted.blobName}"`
        : `the blob "${wanted.blobName}" is no escrow record`,
      'See what there is: npm run escrow -- list.',
    );
  }
  const isOther =
    (wanted.source !== undefined && !isSameSource(record.source, wanted.source)) ||
    (wanted.keyName !== undefined && record.keyName.toLowerCase() !== wanted.keyName.toLowerCase());
  if (!isOther) return record;
  throw new EscrowFault(
    'otherRecord',
    `the blob "${wanted.blobName}" holds key "${record.keyName}" of ${describeSource(record.source)}, not the key that was asked for`,
    'Leave --name and the source out, or name another blob.',
  );
}
