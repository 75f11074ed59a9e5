import { createHash } from 'node:crypto';
import type { FailureKind } from '../../src/escrow/model/failure-kind.ts';
import { OutOfTime, type ServiceError } from '../../src/escrow/model/service-error.ts';
import { piecesOf } from '../../src/escrow/ports/blob-bytes.ts';
import type { EscrowStore, NewBlob, StoredBlob } from '../../src/escrow/ports/escrow-store.ts';
import { answered } from './answers.ts';

/** What a put may meet: `lostAnswer` stores the blob, and the caller sees what a retry of the put would see. */
type PutFault = 'lostAnswer' | 'refused';

export interface MemoryStore extends EscrowStore {
  /** Everything stored, by name. */
  readonly blobs: Map<string, StoredBlob & { readonly bytes: Uint8Array }>;
  /** The next put of a name matching meets this; asked once per put. */
  faultOfPut: (name: string) => PutFault | undefined;
  /** Names that were looked at, in order. */
  readonly looks: string[];
}

/**
 * An escrow store in memory that owes what `EscrowStore` asks: it never replaces on create, acknowledges only what it
 * holds, and takes a moment for every call, so that concurrent callers really interleave.
 * @param options.moments how many microtasks one call after the other takes, over and over.
 * @param options.isMissing its container is not there.
 */
export function createMemoryStore(
  options: { readonly moments?: readonly number[]; readonly isMissing?: boolean } = {},
): MemoryStore {
  const { moments = [3], isMissing = false } = options;
  const blobs: MemoryStore['blobs'] = new Map();
  let created = 0;
  let calls = 0;
  const aMoment = async (): Promise<void> => {
    const turns = moments[calls++ % moments.length] ?? 0;
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  };
  const begin = async (deadline: AbortSignal): Promise<void> => {
    if (deadline.aborted) throw new OutOfTime();
    await aMoment();
    if (isMissing) throw storageError({ statusCode: 404, code: 'ContainerNotFound' });
  };

  const write = (blob: NewBlob): void => {
    // fixed date: the store is in memory, and so are those who ask it.
    const createdAt = new Date(Date.UTC(2026, 10, 24, 2) + 1000 * created++);
    const bytes = Uint8Array.from(Buffer.concat([...piecesOf(blob.bytes)]));
    blobs.set(blob.name, { ...storedBlob({ ...blob, bytes, createdAt, etag: `0x${created}` }), bytes });
  };
  const present = (name: string): StoredBlob & { readonly bytes: Uint8Array } => {
    const blob = blobs.get(name);
    if (blob === undefined) throw storageError({ statusCode: 404, code: 'BlobNotFound' });
    return blob;
  };

  const store: MemoryStore = {
    url: 'https://escrowtests.blob.core.windows.net/key-escrow',
    blobs,
    looks: [],
    faultOfPut: () => undefined,
    async create(blob, deadline) {
      await begin(deadline);
      const fault = store.faultOfPut(blob.name);
      if (fault === 'refused') throw storageError({ statusCode: 503, code: 'ServerBusy' });
      const taken = blobs.has(blob.name);
      if (!taken) write(blob);
      await aMoment();
      if (!taken && fault !== 'lostAnswer') return { outcome: 'created' };
      store.looks.push(blob.name);
      return { outcome: 'exists', existing: withoutBytes(present(blob.name)) };
    },
    async replace(blob, deadline) {
      await begin(deadline);
      write(blob);
    },
    async remove(name, deadline) {
      await begin(deadline);
      present(name);
      blobs.delete(name);
    },
    async find(name, deadline) {
      await begin(deadline);
      store.looks.push(name);
      const blob = blobs.get(name);
      return blob && withoutBytes(blob);
    },
    async read(name, deadline, maxBytes = Number.POSITIVE_INFINITY) {
      await begin(deadline);
      const { bytes } = present(name);
      if (bytes.length > maxBytes) throw storageError({ statusCode: 200, code: 'BlobTooLarge', kind: 'tooLarge' });
      return bytes;
    },
    async *list(prefix, deadline, options: { startFrom?: string; metadata?: boolean } = {}) {
      await begin(deadline);
      const { startFrom = '', metadata = false } = options;
      for (const name of [...blobs.keys()].sort()) {
        const blob = blobs.get(name);
        if (blob === undefined || !name.startsWith(prefix) || name < startFrom) continue;
        yield metadata ? withoutBytes(blob) : { ...withoutBytes(blob), metadata: {} };
      }
    },
    async *listFolders(prefix, deadline) {
      await begin(deadline);
      const below = [...blobs.keys()].filter((name) => name.startsWith(prefix));
      const folders = below.flatMap((name) => {
        const end = name.indexOf('/', prefix.length);
        return end < 0 ? [] : [name.slice(0, end + 1)];
      });
      yield* [...new Set(folders)].sort();
    },
  };
  return store;
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

function withoutBytes({ bytes: _, ...blob }: StoredBlob & { readonly bytes: Uint8Array }): StoredBlob {
  return blob;
}

export function storageError(answer: { statusCode: number; code: string; kind?: FailureKind }): ServiceError {
  return answered('Blob Storage', answer, `The storage service answered ${answer.code}.`);
}
