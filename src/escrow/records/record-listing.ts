import type { SourceSuffixes } from '../model/key-id.ts';
import type { SourceId } from '../model/source.ts';
import { isSameSource } from '../model/source.ts';
import { parseSourcePath, sourceFolders } from '../model/source-path.ts';
import { matchesAny } from '../model/wildcard.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { isReservedName, recordPrefix } from './blob-names.ts';
import type { StoredRecord } from './stored-record.ts';
import { newestFirst, storedRecordOf } from './stored-record.ts';

/** Which records; absent members do not narrow. */
export interface RecordFilter {
  readonly source?: SourceId | undefined;
  /** Wildcard patterns of key names. */
  readonly names?: readonly string[] | undefined;
  /** Created at or after, by the storage service's time. */
  readonly since?: Date | undefined;
  /** Created at or before. */
  readonly until?: Date | undefined;
}

/** All records of one key, newest first. Never empty. */
export type RecordsOfKey = readonly [StoredRecord, ...StoredRecord[]];

/** Every source that has records under usual names, configured or not: once it is gone, only the container knows of it. */
export async function recordedSources(container: EscrowStore, outOfTime: AbortSignal): Promise<SourceId[]> {
  const sources: SourceId[] = [];
  for (const folder of sourceFolders) {
    for await (const path of container.listFolders(folder, outOfTime)) {
      const source = parseSourcePath(path.replace(/\/$/, ''));
      if (source !== undefined) sources.push(source);
    }
  }
  return sources;
}

/** The key names that a source has records of, lower-case, from its folders alone: one request per 5,000 keys. */
export async function recordedKeyNames(
  container: EscrowStore,
  source: SourceId,
  outOfTime: AbortSignal,
): Promise<string[]> {
  const prefix = recordPrefix(source);
  const names: string[] = [];
  for await (const path of container.listFolders(prefix, outOfTime)) names.push(path.slice(prefix.length, -1));
  return names;
}

/**
 * The records that pass the filter, key by key in name order. Holds the records of one key at a time: blobs are listed in
 * name order, and a key's usual names share a prefix. Only the few records under chosen names are gathered first.
 */
export async function* listRecords(
  container: EscrowStore,
  suffixes: SourceSuffixes,
  filter: RecordFilter,
  outOfTime: AbortSignal,
): AsyncGenerator<RecordsOfKey> {
  const passes = (record: StoredRecord): boolean =>
    (filter.source === undefined || isSameSource(record.source, filter.source)) &&
    (filter.names === undefined || matchesAny(filter.names, record.keyName)) &&
    (filter.since === undefined || record.createdAt >= filter.since) &&
    (filter.until === undefined || record.createdAt <= filter.until);

  const chosen = new Map<string, StoredRecord[]>();
  for await (const record of listChosenNames(container, suffixes, outOfTime)) {
    if (!passes(record)) continue;
    const prefix = recordPrefix(record.source, record.keyName);
    chosen.set(prefix, [...(chosen.get(prefix) ?? []), record]);
  }

  let prefixNow = '';
  let records: StoredRecord[] = [];
  function* finished(): Generator<RecordsOfKey> {
    const group = [...records, ...(chosen.get(prefixNow) ?? [])].sort(newestFirst);
    chosen.delete(prefixNow);
    records = [];
    if (isFilled(group)) yield group;
  }
  for (const listed of prefixesOf(filter)) {
    for await (const blob of container.list(listed, outOfTime, { metadata: true })) {
      const record = storedRecordOf(blob, suffixes);
      if (record === undefined || !passes(record)) continue;
      const prefix = recordPrefix(record.source, record.keyName);
      if (prefix !== prefixNow) {
        yield* finished();
        prefixNow = prefix;
      }
      records.push(record);
    }
  }
  yield* finished();
  // Keys that have records under chosen names only.
  for (const group of [...chosen.values()].map((left) => left.sort(newestFirst))) if (isFilled(group)) yield group;
}

function prefixesOf({ source, names }: RecordFilter): readonly string[] {
  if (source === undefined) return sourceFolders;
  const only = names?.length === 1 && names[0] !== undefined && !/[*?]/.test(names[0]) ? names[0] : undefined;
  return [recordPrefix(source, only)];
}

/** The records under chosen names, of every source: few, and listed whole. */
export async function* listChosenNames(
  container: EscrowStore,
  suffixes: SourceSuffixes,
  outOfTime: AbortSignal,
): AsyncGenerator<StoredRecord> {
  for await (const blob of blobsOfChosenNames(container, outOfTime)) {
    const record = storedRecordOf(blob, suffixes);
    if (record !== undefined) yield record;
  }
}

async function* blobsOfChosenNames(container: EscrowStore, outOfTime: AbortSignal) {
  for await (const entry of container.listTop(outOfTime)) {
    if (typeof entry !== 'string') yield entry;
    else if (!isReservedName(entry)) yield* container.list(entry, outOfTime, { metadata: true });
  }
}

function isFilled<T>(items: readonly T[]): items is readonly [T, ...T[]] {
  return items.length > 0;
}
