import { ServiceError } from '../../src/escrow/model/service-error.ts';
import type { EscrowContainer, NewBlob, StoredBlob } from '../../src/escrow/ports/escrow-container.ts';

/** What a put may meet: `lostAnswer` stores the blob, and the caller sees what a retry of the put would see. */
export type PutFault = 'lostAnswer' | 'refused';

export interface MemoryContainer extends EscrowContainer {
  /** Everything stored, by name. */
  readonly blobs: Map<string, StoredBlob & { readonly bytes: Uint8Array }>;
  /** The next put of a name matching meets this; asked once per put. */
  faultOfPut: (name: string) => PutFault | undefined;
  /** 409 as an identity that may write gets it, or 403 as a create-only identity does. */
  refusal: { readonly statusCode: number; readonly code: string };
  /** Names that were looked at, in order. */
  readonly looks: string[];
}

/**
 * An escrow container in memory that owes what `EscrowContainer` asks: it never replaces on create, acknowledges only what it
 * holds, and takes a moment for every call, so that concurrent callers really interleave.
 * @param moments how many microtasks one call after the other takes, over and over.
 */
export function createMemoryContainer(moments: readonly number[] = [3]): MemoryContainer {
  const blobs: MemoryContainer['blobs'] = new Map();
  let created = 0;
  let calls = 0;
  const aMoment = async (): Promise<void> => {
    const turns = moments[calls++ % moments.length] ?? 0;
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  };

  const store = (blob: NewBlob): void => {
    const { name, metadata } = blob;
    const bytes = Uint8Array.from(blob.bytes);
    blobs.set(name, {
      name,
      bytes,
      length: bytes.length,
      metadata: { ...metadata },
      createdAt: new Date(Date.UTC(2026, 10, 24, 2) + 1000 * created++),
    });
  };

  const container: MemoryContainer = {
    url: 'https://escrowtests.blob.core.windows.net/key-escrow',
    blobs,
    looks: [],
    faultOfPut: () => undefined,
    refusal: { statusCode: 409, code: 'BlobAlreadyExists' },
    async create(blob) {
      await aMoment();
      const fault = container.faultOfPut(blob.name);
      if (fault === 'refused') throw storageError({ statusCode: 503, code: 'ServerBusy' });
      const taken = blobs.has(blob.name);
      if (!taken) store(blob);
      await aMoment();
      if (taken || fault === 'lostAnswer') throw storageError(container.refusal);
    },
    async replace(blob) {
      await aMoment();
      store(blob);
    },
    async remove(name) {
      await aMoment();
      if (!blobs.delete(name)) throw storageError({ statusCode: 404, code: 'BlobNotFound' });
    },
    async look(name) {
      await aMoment();
      container.looks.push(name);
      return blobs.get(name);
    },
    async read(name) {
      await aMoment();
      const blob = blobs.get(name);
      if (blob === undefined) throw storageError({ statusCode: 404, code: 'BlobNotFound' });
      return blob.bytes;
    },
    async *list(prefix) {
      await aMoment();
      for (const name of [...blobs.keys()].sort()) {
        const blob = blobs.get(name);
        if (blob !== undefined && name.startsWith(prefix)) yield blob;
      }
    },
    async *listFolders(prefix) {
      await aMoment();
      const below = [...blobs.keys()].filter((name) => name.startsWith(prefix));
      const folders = below.flatMap((name) => {
        const end = name.indexOf('/', prefix.length);
        return end < 0 ? [] : [name.slice(0, end + 1)];
      });
      yield* [...new Set(folders)].sort();
    },
    async *listTop(outOfTime) {
      yield* container.listFolders('', outOfTime);
      yield* [...blobs.values()].filter(({ name }) => !name.includes('/'));
    },
  };
  return container;
}

export function storageError(answer: { readonly statusCode: number; readonly code: string }): ServiceError {
  return new ServiceError(`The storage service answered ${answer.code}.`, { service: 'Blob Storage', ...answer });
}
