import { OutOfTime } from '../../src/escrow/model/service-error.ts';
import { piecesOf } from '../../src/escrow/ports/blob-bytes.ts';
import type { EscrowStore, NewBlob, StoredBlob } from '../../src/escrow/ports/escrow-store.ts';
import { storageError, storedBlob } from './memory-store.ts';

type WorldBlob = StoredBlob & { readonly bytes: Uint8Array };

/**
 * An escrow store in memory whose days pass as a test says. It is create-only, as the deployed identities are, and counts what a
 * real container would be asked (a listing page holds 5,000 blobs).
 */
export interface WorldStore extends EscrowStore {
  readonly blobs: ReadonlyMap<string, WorldBlob>;
  requests: number;
  /** Puts a blob behind the product's back; what is left out is as the store would make it. */
  put(name: string, content: string | Uint8Array, more?: Partial<StoredBlob>): WorldBlob;
  /** The same for many names: what they have in common is made once. */
  putAll(names: Iterable<string>, content: string | Uint8Array, more?: Partial<StoredBlob>): void;
  lose(name: string): void;
  /** In order of their names. */
  under(prefix: string): Iterable<WorldBlob>;
}

export function createWorldStore(url: string, now: () => Date): WorldStore {
  const blobs = new Map<string, WorldBlob>();
  // By the first three folders, so that a year of history costs a test no minutes; sorted when it is read.
  const sections = new Map<string, { names: string[]; isSorted: boolean }>();
  let changes = 0;

  const namesUnder = (prefix: string): readonly string[] => {
    if (!isDeep(prefix)) {
      return [...blobs.keys()].filter((name) => name.startsWith(prefix)).sort(byName);
    }
    const section = sections.get(sectionOf(prefix));
    if (section === undefined) return [];
    if (!section.isSorted) section.names = section.names.toSorted(byName);
    section.isSorted = true;
    return section.names;
  };
  const begin = (deadline: AbortSignal): void => {
    if (deadline.aborted) throw new OutOfTime();
    store.requests++;
  };
  const noteName = (name: string): void => {
    const section = sections.get(sectionOf(name)) ?? { names: [], isSorted: false };
    section.names.push(name);
    section.isSorted = false;
    sections.set(sectionOf(name), section);
  };
  const present = (name: string): WorldBlob => {
    const blob = blobs.get(name);
    if (blob === undefined) throw storageError({ statusCode: 404, code: 'BlobNotFound' });
    return blob;
  };

  const store: WorldStore = {
    url,
    blobs,
    requests: 0,
    put(name, content, more) {
      store.putAll([name], content, more);
      return present(name);
    },
    putAll(names, content, more = {}) {
      const bytes = Buffer.from(content);
      const createdAt = new Date(Math.floor(now().getTime() / 1000) * 1000);
      const common = { ...storedBlob({ name: '', bytes, createdAt }), ...more, bytes };
      const lastModified = more.lastModified ?? common.createdAt;
      for (const name of names) {
        if (!blobs.has(name)) noteName(name);
        blobs.set(name, { ...common, name, lastModified, etag: more.etag ?? `0x${++changes}` });
      }
    },
    lose(name) {
      if (!blobs.delete(name)) return;
      const section = sections.get(sectionOf(name));
      if (section !== undefined) section.names = section.names.filter((one) => one !== name);
    },
    *under(prefix) {
      const names = namesUnder(prefix);
      for (let at = firstFrom(names, prefix); names[at]?.startsWith(prefix); at++) yield present(names[at] ?? '');
    },
    async create({ name, bytes, metadata }: NewBlob, deadline) {
      begin(deadline);
      const existing = blobs.get(name);
      if (existing !== undefined) return { outcome: 'exists', existing };
      store.put(name, Buffer.concat([...piecesOf(bytes)]), { metadata });
      return { outcome: 'created' };
    },
    async replace(_, deadline) {
      begin(deadline);
      throw storageError({ statusCode: 403, code: 'AuthorizationPermissionMismatch' });
    },
    async remove(_, deadline) {
      begin(deadline);
      throw storageError({ statusCode: 403, code: 'AuthorizationPermissionMismatch' });
    },
    async find(name, deadline) {
      begin(deadline);
      return blobs.get(name);
    },
    async read(name, deadline, maxBytes = Number.POSITIVE_INFINITY) {
      begin(deadline);
      const { bytes, tier } = present(name);
      if (tier === 'Archive') throw storageError({ statusCode: 409, code: 'BlobArchived' });
      if (bytes.length > maxBytes) throw storageError({ statusCode: 200, code: 'BlobTooLarge', kind: 'tooLarge' });
      return bytes;
    },
    async *list(prefix, deadline, options: { startFrom?: string; metadata?: boolean } = {}) {
      begin(deadline);
      const { startFrom = '' } = options;
      const names = namesUnder(prefix);
      let listed = 0;
      for (let at = firstFrom(names, startFrom > prefix ? startFrom : prefix); names[at]?.startsWith(prefix); at++) {
        if (++listed % 5001 === 0) store.requests++;
        yield present(names[at] ?? '');
      }
    },
    async *listFolders(prefix, deadline) {
      begin(deadline);
      // One name of a section stands for all: they lie in the same folders down to the third.
      const candidates = isDeep(prefix)
        ? namesUnder(prefix)
        : [...sections.values()].map(({ names: [first = ''] }) => first);
      const names = new Set<string>();
      for (const name of candidates) {
        const end = name.startsWith(prefix) ? name.indexOf('/', prefix.length) : -1;
        if (end >= 0) names.add(name.slice(0, end + 1));
      }
      yield* [...names].sort(byName);
    },
  };
  return store;
}

/** Whether a prefix lies within one section. */
function isDeep(prefix: string): boolean {
  return prefix.split('/').length > 3;
}

function sectionOf(name: string): string {
  let end = -1;
  for (let slashes = 0; slashes < 3; slashes++) {
    end = name.indexOf('/', end + 1);
    if (end < 0) return name;
  }
  return name.slice(0, end);
}

/** The place of the first name that is not before another. */
function firstFrom(names: readonly string[], name: string): number {
  let low = 0;
  for (let high = names.length; low < high; ) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}
