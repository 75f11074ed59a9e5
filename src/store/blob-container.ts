import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { TokenCredential } from '@azure/identity';
import { ContainerClient, newPipeline } from '@azure/storage-blob';
import type { Clock } from '../azure/http/clock.ts';
import { storageCalls, withoutRetries } from '../azure/http/storage-calls.ts';
import { OutOfTime, orAbsent, ServiceError } from '../escrow/model/service-error.ts';
import { type BlobBytes, hashOf } from '../escrow/ports/blob-bytes.ts';
import type { EscrowStore, ListOptions, NewBlob, StoredBlob } from '../escrow/ports/escrow-store.ts';
import { storedBlobOf } from './stored-blob.ts';

/** A taken name: 409, 412, or 403 for an identity that may only add. */
const refusalsOfTakenNames = [403, 409, 412];

/**
 * A blob container through the SDK. Only single-shot uploads, because a create-only identity may do nothing else, and
 * no checksum option of the SDK's: the transactional Content-MD5 is what the service itself checks.
 */
export function createBlobContainerStore(url: string, credential: TokenCredential, clock: Clock): EscrowStore {
  const pipeline = newPipeline(credential, withoutRetries);
  const callService = storageCalls(pipeline, url, 'Blob Storage', clock);
  const client = new ContainerClient(url, pipeline);

  /** A failed page is requested again by its continuation token; the SDK's own iterator ends at the first failure. */
  async function* pagesOf<T extends { continuationToken?: string }>(
    deadline: AbortSignal,
    open: (page: { continuationToken?: string }, abortSignal: AbortSignal) => AsyncIterator<T>,
  ): AsyncGenerator<T> {
    // An empty token would mean "past the end" to the SDK.
    let continuationToken: string | undefined;
    do {
      const from = continuationToken ? { continuationToken } : {};
      const page: IteratorResult<T> = await callService(deadline, (abortSignal) => open(from, abortSignal).next());
      if (page.done) return;
      yield page.value;
      continuationToken = page.value.continuationToken;
    } while (continuationToken);
  }

  const upload = async (blob: NewBlob, conditions: { ifNoneMatch?: string }, deadline: AbortSignal): Promise<void> => {
    const { bytes } = blob;
    const transactionalContentMD5 = hashOf('md5', bytes).digest();
    await callService(deadline, (abortSignal) =>
      client.getBlockBlobClient(blob.name).upload(bodyOf(bytes), bytes.length, {
        abortSignal,
        conditions,
        metadata: { ...blob.metadata },
        blobHTTPHeaders: { blobContentType: blob.contentType },
        transactionalContentMD5,
      }),
    );
  };

  const find = async (name: string, deadline: AbortSignal): Promise<StoredBlob | undefined> => {
    const read = (abortSignal: AbortSignal) => client.getBlobClient(name).getProperties({ abortSignal });
    const properties = await callService(deadline, read).catch(orAbsent);
    return properties && storedBlobOf({ name, properties, metadata: properties.metadata });
  };

  /** What has the name that a put was refused for. A HEAD that fails has no words: the put's own are kept. */
  const existingAt = async (name: string, refusal: ServiceError, deadline: AbortSignal): Promise<StoredBlob> => {
    const existing = await find(name, deadline).catch((error: unknown) => {
      throw error instanceof OutOfTime ? error : refusal;
    });
    if (existing === undefined) throw refusal;
    return existing;
  };

  return {
    url,
    find,
    async create(blob, deadline) {
      try {
        await upload(blob, { ifNoneMatch: '*' }, deadline);
        return { outcome: 'created' };
      } catch (refusal) {
        if (!(refusal instanceof ServiceError) || !refusalsOfTakenNames.includes(refusal.statusCode ?? 0))
          throw refusal;
        return { outcome: 'exists', existing: await existingAt(blob.name, refusal, deadline) };
      }
    },
    replace: (blob, deadline) => upload(blob, {}, deadline),
    async remove(name, deadline) {
      await callService(deadline, (abortSignal) => client.getBlobClient(name).delete({ abortSignal }));
    },
    read: (name, deadline, maxBytes = Number.POSITIVE_INFINITY) =>
      callService(deadline, async (abortSignal) => {
        const answer = await client.getBlobClient(name).download(0, undefined, { abortSignal });
        const { contentLength = 0, requestId } = answer;
        const body = answer.readableStreamBody as Readable | undefined;
        if (contentLength > maxBytes) {
          body?.destroy();
          throw tooLarge(name, contentLength, requestId);
        }
        return body === undefined ? Buffer.alloc(0) : await buffer(body);
      }),
    async *list(prefix, deadline, options: ListOptions & { readonly metadata?: boolean } = {}) {
      const { startFrom, metadata = false } = options;
      const listing = { prefix, includeMetadata: metadata, includeCopy: true, ...(startFrom && { startFrom }) };
      const pages = pagesOf(deadline, (page, abortSignal) =>
        client.listBlobsFlat({ ...listing, abortSignal }).byPage(page),
      );
      for await (const { segment } of pages) yield* segment.blobItems.map(storedBlobOf);
    },
    async *listFolders(prefix, deadline) {
      const pages = pagesOf(deadline, (page, abortSignal) =>
        client.listBlobsByHierarchy('/', { prefix, abortSignal }).byPage(page),
      );
      for await (const { segment } of pages) yield* (segment.blobPrefixes ?? []).map((folder) => folder.name);
    },
  };
}

/** A stream for pieces, of which a retry takes another. */
function bodyOf(bytes: BlobBytes): Buffer | (() => Readable) {
  if (bytes instanceof Uint8Array) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return () => Readable.from(bytes);
}

function tooLarge(name: string, bytes: number, requestId: string | undefined): ServiceError {
  return new ServiceError(`the blob "${name}" has ${bytes} bytes, more than is read of its kind`, {
    service: 'Blob Storage',
    kind: 'tooLarge',
    statusCode: 200,
    code: 'BlobTooLarge',
    requestId,
  });
}
