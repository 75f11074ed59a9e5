import { OutOfTime } from '../../src/escrow/model/service-error.ts';
import type { EscrowStore, NewBlob, StoredBlob } from '../../src/escrow/ports/escrow-store.ts';
import { storageError, storedBlob } from './memory-store.ts';

export type WorldBlob = StoredBlob & { readonly bytes: Uint8Array };

/**
 * An escrow store in memory whose days pass as a test says. It is create-only, as the deployed identities are, and counts what a
 * real container would be asked (a listing page holds 5,000 blobs).
 */
export interface WorldStore extends EscrowStore {
  readonly blobs: ReadonlyMap<string, WorldBlob>;
  requests: number;
  /** Puts a blob behind the product's back; what is left out is as the store would make it. */
  put(name: string, content: string | Uint8Array, more?: Partial<StoredBlob>): WorldBlob;
  lose(name: string): void;
}

export function createWorldStore(url: string, now: () => Date): WorldStore {
  const blobs = new Map<string, WorldBlob>();
  // Names in order by the first two folders, so that a year of history costs a test no minutes; a section is sorted when it is read.
  const index = new Map<string, { names: string[]; isSorted: boolean }>();
  const sectionOf = (name: string): string => name.split('/', 2).join('/');
  let changes = 0;

  const sortedSection = (section: string): readonly string[] => {
    const known = index.get(section);
    if (known === undefined) return [];
    if (!known.isSorted) known.names = known.names.toSorted(byName);
    known.isSorted = true;
    return known.names;
  };
  const namesUnder = (prefix: string): readonly string[] =>
    prefix.split('/').length > 2
      ? sortedSection(sectionOf(prefix))
      : [...blobs.keys()].filter((name) => name.startsWith(prefix)).sort(byName);
  const begin = (deadline: AbortSignal): void => {
    if (deadline.aborted) throw new OutOfTime();
    store.requests++;
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
    put(name, content, more = {}) {
      const bytes = Buffer.from(content);
      const createdAt = new Date(Math.floor(now().getTime() / 1000) * 1000);
      const blob = { ...storedBlob({ name, bytes, createdAt, etag: `0x${++changes}` }), ...more, bytes };
      if (!blobs.has(name)) {
        const section = index.get(sectionOf(name)) ?? { names: [], isSorted: false };
        section.names.push(name);
        section.isSorted = false;
        index.set(sectionOf(name), section);
      }
      blobs.set(name, more.lastModified === undefined ? { ...blob, lastModified: blob.createdAt } : blob);
      return blob;
    },
    lose(name) {
      if (!blobs.delete(name)) return;
      const section = index.get(sectionOf(name));
      if (section) section.names = section.names.filter((one) => one !== name);
    },
    async create({ name, bytes, metadata }: NewBlob, deadline) {
      begin(deadline);
      const existing = blobs.get(name);
      if (existing !== undefined) {
        return { outcome: 'exists', existing, refusal: storageError({ statusCode: 409, code: 'BlobAlreadyExists' }) };
      }
      store.put(name, bytes, { metadata });
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
      if (bytes.length > maxBytes) throw storageError({ statusCode: 200, code: 'BlobTooLarge' });
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
      const names = namesUnder(prefix);
      for (let at = firstFrom(names, prefix); names[at]?.startsWith(prefix); ) {
        const end = names[at]?.indexOf('/', prefix.length) ?? -1;
        const folder = names[at]?.slice(0, end + 1) ?? '';
        if (end >= 0) yield folder;
        at = end < 0 ? at + 1 : firstFrom(names, `${folder}\uffff`);
      }
    },
  };
  return store;
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
