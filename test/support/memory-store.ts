import { createHash } from 'node:crypto';
import type { FailureKind } from '../../src/escrow/model/failure-kind.ts';
import { OutOfTime, type ServiceError } from '../../src/escrow/model/service-error.ts';
import { piecesOf } from '../../src/escrow/ports/blob-bytes.ts';
import type { EscrowStore, StoredBlob } from '../../src/escrow/ports/escrow-store.ts';
import { answered } from './answers.ts';

export type MemoryBlob = StoredBlob & { readonly bytes: Uint8Array };

/** What a put may meet: `lostAnswer` stores the blob, and the caller sees what a retry of the put would see. */
type PutFault = 'lostAnswer' | 'refused';

export interface MemoryStore extends EscrowStore {
  /** Everything stored, by name. */
  readonly blobs: ReadonlyMap<string, MemoryBlob>;
  /** The next put of a name matching meets this; asked once per put. */
  faultOfPut: (name: string) => PutFault | undefined;
  /** Names that were looked at, in order. */
  readonly looks: string[];
  /** What a real container would be asked: a listing page holds 5,000 blobs. */
  requests: number;
  /** Puts a blob behind the product's back; what is left out is as the store would make it. */
  put(name: string, content: string | Uint8Array, more?: Partial<StoredBlob>): MemoryBlob;
  /** The same for many names: what they have in common is made once. */
  putAll(names: Iterable<string>, content: string | Uint8Array, more?: Partial<StoredBlob>): void;
  lose(name: string): void;
  /** In order of their names. */
  under(prefix: string): Iterable<MemoryBlob>;
}

interface MemoryStoreOptions {
  readonly url?: string;
  /** Its clock, which stamps blobs to the second; without it one is created a second after the other. */
  readonly now?: () => Date;
  /** It replaces and removes nothing, as for the deployed identities. */
  readonly createOnly?: boolean;
  /** How many microtasks one call after the other takes, over and over. */
  readonly moments?: readonly number[];
  /** Its container is not there. */
  readonly isMissing?: boolean;
}

/**
 * An escrow store in memory that owes what `EscrowStore` asks: it never replaces on create, acknowledges only what it
 * holds, and takes a moment for every call, so that concurrent callers really interleave.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  let created = 0;
  const {
    url = 'https://escrowtests.blob.core.windows.net/key-escrow',
    // fixed date: the store is in memory, and so are those who ask it.
    now = () => new Date(Date.UTC(2026, 10, 24, 2) + 1000 * created++),
    createOnly = false,
    moments = [3],
    isMissing = false,
  } = options;
  const blobs = new Map<string, MemoryBlob>();
  const names = sortedNames();
  let changes = 0;
  let calls = 0;
  const aMoment = async (): Promise<void> => {
    const turns = moments[calls++ % moments.length] ?? 0;
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  };
  const begin = async (deadline: AbortSignal): Promise<void> => {
    if (deadline.aborted) throw new OutOfTime();
    store.requests++;
    await aMoment();
    if (isMissing) throw storageError({ statusCode: 404, code: 'ContainerNotFound' });
  };
  const beginChange = async (deadline: AbortSignal): Promise<void> => {
    await begin(deadline);
    if (createOnly) throw storageError({ statusCode: 403, code: 'AuthorizationPermissionMismatch' });
  };
  const present = (name: string): MemoryBlob => {
    const blob = blobs.get(name);
    if (blob === undefined) throw storageError({ statusCode: 404, code: 'BlobNotFound' });
    return blob;
  };

  const store: MemoryStore = {
    url,
    blobs,
    looks: [],
    requests: 0,
    faultOfPut: () => undefined,
    put(name, content, more) {
      store.putAll([name], content, more);
      return present(name);
    },
    putAll(added, content, more = {}) {
      const bytes = Buffer.from(content);
      const createdAt = new Date(Math.floor(now().getTime() / 1000) * 1000);
      const common = { ...storedBlob({ name: '', bytes, createdAt }), ...more, bytes };
      const lastModified = more.lastModified ?? common.createdAt;
      for (const name of added) {
        names.add(name);
        blobs.set(name, { ...common, name, lastModified, etag: more.etag ?? `0x${++changes}` });
      }
    },
    lose(name) {
      blobs.delete(name);
      names.remove(name);
    },
    *under(prefix) {
      for (const name of names.from(prefix)) yield present(name);
    },
    async create({ name, bytes, metadata }, deadline) {
      await begin(deadline);
      const fault = store.faultOfPut(name);
      if (fault === 'refused') throw storageError({ statusCode: 503, code: 'ServerBusy' });
      const taken = blobs.has(name);
      if (!taken) store.put(name, Buffer.concat([...piecesOf(bytes)]), { metadata });
      await aMoment();
      if (!taken && fault !== 'lostAnswer') return { outcome: 'created' };
      store.looks.push(name);
      return { outcome: 'exists', existing: withoutBytes(present(name)) };
    },
    async replace({ name, bytes, metadata }, deadline) {
      await beginChange(deadline);
      store.put(name, Buffer.concat([...piecesOf(bytes)]), { metadata });
    },
    async remove(name, deadline) {
      await beginChange(deadline);
      present(name);
      store.lose(name);
    },
    async find(name, deadline) {
      await begin(deadline);
      store.looks.push(name);
      const blob = blobs.get(name);
      return blob && withoutBytes(blob);
    },
    async read(name, deadline, maxBytes = Number.POSITIVE_INFINITY) {
      await begin(deadline);
      const { bytes, tier } = present(name);
      if (tier === 'Archive') throw storageError({ statusCode: 409, code: 'BlobArchived' });
      if (bytes.length > maxBytes) throw storageError({ statusCode: 200, code: 'BlobTooLarge', kind: 'tooLarge' });
      return bytes;
    },
    async *list(prefix, deadline, options: { startFrom?: string; metadata?: boolean } = {}) {
      await begin(deadline);
      const { startFrom, metadata = false } = options;
      let listed = 0;
      for (const name of names.from(prefix, startFrom)) {
        const blob = blobs.get(name);
        if (blob === undefined) continue;
        if (++listed % 5001 === 0) store.requests++;
        yield metadata ? withoutBytes(blob) : { ...withoutBytes(blob), metadata: {} };
      }
    },
    async *listFolders(prefix, deadline) {
      await begin(deadline);
      yield* names.folders(prefix);
    },
  };
  return store;
}

/**
 * Names in order, kept by their first three folders, so that a year of history costs a test no minutes. What is being read does not
 * see what is added meanwhile.
 */
function sortedNames() {
  const sections = new Map<string, Set<string>>();
  const inOrder = new Map<string, readonly string[]>();
  /** Whether a prefix lies within one section. */
  const isDeep = (prefix: string): boolean => prefix.split('/').length > 3;
  const sectionOf = (name: string): string => name.split('/', 3).join('/');
  const under = (prefix: string): readonly string[] => {
    if (!isDeep(prefix)) {
      return [...sections.values()].flatMap((names) => [...names].filter((name) => name.startsWith(prefix))).sort();
    }
    const section = sectionOf(prefix);
    const names = inOrder.get(section) ?? [...(sections.get(section) ?? [])].sort();
    inOrder.set(section, names);
    return names;
  };
  return {
    add(name: string): void {
      const section = sectionOf(name);
      const names = sections.get(section) ?? new Set();
      sections.set(section, names.add(name));
      inOrder.delete(section);
    },
    remove(name: string): void {
      sections.get(sectionOf(name))?.delete(name);
      inOrder.delete(sectionOf(name));
    },
    /** Those that begin with a prefix, from a name on, there or not. */
    *from(prefix: string, first = ''): Generator<string> {
      const names = under(prefix);
      for (let at = placeOf(names, first > prefix ? first : prefix); names[at]?.startsWith(prefix); at++) {
        yield names[at] ?? '';
      }
    },
    /** The next level below a prefix. */
    folders(prefix: string): string[] {
      // One name of a section stands for all: they lie in the same folders down to the third.
      const names = isDeep(prefix) ? under(prefix) : [...sections.values()].map(([first = '']) => first);
      const folders = names.flatMap((name) => {
        const end = name.startsWith(prefix) ? name.indexOf('/', prefix.length) : -1;
        return end < 0 ? [] : [name.slice(0, end + 1)];
      });
      return [...new Set(folders)].sort();
    },
  };
}

/** The place of the first name that is not before another. */
function placeOf(names: readonly string[], name: string): number {
  let low = 0;
  for (let high = names.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A blob as a store that keeps it would show it. */
export function storedBlob(blob: {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly createdAt: Date;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly etag?: string;
}): StoredBlob {
  const { name, bytes, createdAt, metadata = {}, etag = '0x1' } = blob;
  return {
    name,
    length: bytes.length,
    createdAt,
    lastModified: createdAt,
    etag,
    contentMd5: createHash('md5').update(bytes).digest('base64'),
    type: 'block',
    metadata: { ...metadata },
  };
}

function withoutBytes({ bytes: _, ...blob }: MemoryBlob): StoredBlob {
  return blob;
}

export function storageError(answer: { statusCode: number; code: string; kind?: FailureKind }): ServiceError {
  return answered('Blob Storage', answer, `The storage service answered ${answer.code}.`);
}
