import type { SourceSuffixes } from '../model/key-id.ts';
import { isSameSource, parseSourcePath, type SourceId, sourceFolders } from '../model/source.ts';
import { isLiteral, matchesAny } from '../model/wildcard.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { namedFolder, recordPrefix } from './blob-names.ts';
import { newestFirst, type StoredRecord, storedRecordOf } from './stored-record.ts';

/** Where records are read, and until when. */
export interface RecordPlace {
  readonly store: EscrowStore;
  /** Of the cloud whose key identifiers they name. */
  readonly suffixes: SourceSuffixes;
  readonly deadline: AbortSignal;
}

/** Which records; absent members do not narrow. */
export interface RecordFilter {
  readonly source?: SourceId | undefined;
  /** Wildcard patterns of key names. */
  readonly names?: readonly string[] | undefined;
  /** Created at or after, by the storage service's time. */
  readonly since?: Date | undefined;
}

/** All records of one key, in the order of `newestFirst`. Never empty. */
export type RecordsOfKey = readonly [StoredRecord, ...StoredRecord[]];

/** Every source that has records under usual names, configured or not: once it is gone, only the store knows of it. */
export async function recordedSources(store: EscrowStore, deadline: AbortSignal): Promise<SourceId[]> {
  const sources: SourceId[] = [];
  for (const folder of sourceFolders) {
    for await (const path of store.listFolders(folder, deadline)) {
      const source = parseSourcePath(path.replace(/\/$/, ''));
      if (source !== undefined) sources.push(source);
    }
  }
  return sources;
}

/** The key names that a source has records of, lower-case, from its folders alone: one request per 5,000 keys. */
export async function recordedKeyNames(store: EscrowStore, source: SourceId, deadline: AbortSignal): Promise<string[]> {
  const prefix = recordPrefix(source);
  return Array.fromAsync(store.listFolders(prefix, deadline), (path) => path.slice(prefix.length, -1));
}

/**
 * The records that pass the filter, key by key in name order, from the folders of the keys alone. Holds the records of one key
 * at a time: blobs are listed in name order, and a key's records share a prefix.
 */
export async function* listRecords(from: RecordPlace, filter: RecordFilter): AsyncGenerator<RecordsOfKey> {
  const { store, suffixes, deadline } = from;
  let prefixNow = '';
  let records: StoredRecord[] = [];
  for (const listed of prefixesOf(filter)) {
    for await (const blob of store.list(listed, deadline, { metadata: true })) {
      const record = storedRecordOf(blob, suffixes);
      if (record === undefined || !passes(record, filter)) continue;
      const prefix = recordPrefix(record.source, record.keyName);
      if (prefix !== prefixNow) {
        if (isFilled(records)) yield records.sort(newestFirst);
        records = [];
        prefixNow = prefix;
      }
      records.push(record);
    }
  }
  if (isFilled(records)) yield records.sort(newestFirst);
}

function passes(record: StoredRecord, { source, names, since }: RecordFilter): boolean {
  return (
    (source === undefined || isSameSource(record.source, source)) &&
    (names === undefined || matchesAny(names, record.keyName)) &&
    (since === undefined || record.createdAt >= since)
  );
}

function prefixesOf({ source, names }: RecordFilter): readonly string[] {
  if (source === undefined) return sourceFolders;
  const [name, ...others] = names ?? [];
  const isOne = name !== undefined && others.length === 0 && isLiteral(name);
  return [recordPrefix(source, isOne ? name : undefined)];
}

/**
 * The records under chosen names that pass the filter: few, and listed whole. Who put them there, and whether they hold the key
 * that they name, only a restore can show: they are listed and verified, and restored by their blob name only.
 */
export async function* listChosenNames(from: RecordPlace, filter: RecordFilter): AsyncGenerator<StoredRecord> {
  const { store, suffixes, deadline } = from;
  for await (const blob of store.list(namedFolder, deadline, { metadata: true })) {
    const record = storedRecordOf(blob, suffixes);
    if (record !== undefined && passes(record, filter)) yield record;
  }
}

/** The records of every key, then each under a chosen name by itself: for who looks at the escrow, never for who restores. */
export async function* listEveryRecord(from: RecordPlace, filter: RecordFilter): AsyncGenerator<RecordsOfKey> {
  yield* listRecords(from, filter);
  for await (const record of listChosenNames(from, filter)) yield [record];
}

function isFilled<T>(items: T[]): items is [T, ...T[]] {
  return items.length > 0;
}
