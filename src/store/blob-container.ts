import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { TokenCredential } from '@azure/identity';
import { ContainerClient, newPipeline } from '@azure/storage-blob';
import type { Clock } from '../azure/http/clock.ts';
import { storageCalls, withoutRetries } from '../azure/http/storage-calls.ts';
import { toldTime } from '../azure/http/valid-service-date.ts';
import { ServiceError } from '../escrow/model/service-error.ts';
import type { EscrowContainer, NewBlob, StoredBlob } from '../escrow/ports/escrow-container.ts';

/**
 * The escrow container through the SDK. Only single-shot uploads, because a create-only identity may do nothing else, and
 * no checksum option of the SDK's: the transactional Content-MD5 is what the service itself checks.
 */
export function createEscrowContainer(url: string, credential: TokenCredential, clock: Clock): EscrowContainer {
  const { guard, asking } = storageCalls(url, 'Blob Storage', clock);
  const pipeline = newPipeline(credential, withoutRetries);
  pipeline.factories.unshift(guard);
  const client = new ContainerClient(url, pipeline);

  /** A failed page is asked for again by its continuation token; the SDK's own iterator ends at the first failure. */
  async function* pagesOf<T extends { continuationToken?: string }>(
    outOfTime: AbortSignal,
    open: (page: { continuationToken?: string }, abortSignal: AbortSignal) => AsyncIterator<T>,
  ): AsyncGenerator<T> {
    // An empty token would mean "past the end" to the SDK.
    let continuationToken: string | undefined;
    do {
      const from = continuationToken ? { continuationToken } : {};
      const page: IteratorResult<T> = await asking(outOfTime, (abortSignal) => open(from, abortSignal).next());
      if (page.done) return;
      yield page.value;
      continuationToken = page.value.continuationToken;
    } while (continuationToken);
  }

  const upload = async (blob: NewBlob, conditions: { ifNoneMatch?: string }, outOfTime: AbortSignal): Promise<void> => {
    const body = Buffer.from(blob.bytes.buffer, blob.bytes.byteOffset, blob.bytes.byteLength);
    await asking(outOfTime, (abortSignal) =>
      client.getBlockBlobClient(blob.name).upload(body, body.length, {
        abortSignal,
        conditions,
        metadata: { ...blob.metadata },
        blobHTTPHeaders: { blobContentType: blob.contentType },
        transactionalContentMD5: createHash('md5').update(body).digest(),
      }),
    );
  };

  return {
    url,
    create: (blob, outOfTime) => upload(blob, { ifNoneMatch: '*' }, outOfTime),
    replace: (blob, outOfTime) => upload(blob, {}, outOfTime),
    async remove(name, outOfTime) {
      await asking(outOfTime, (abortSignal) => client.getBlobClient(name).delete({ abortSignal }));
    },
    async look(name, outOfTime) {
      try {
        const properties = await asking(outOfTime, (abortSignal) =>
          client.getBlobClient(name).getProperties({ abortSignal }),
        );
        return storedBlobOf({ name, properties, metadata: properties.metadata });
      } catch (error) {
        if (error instanceof ServiceError && error.statusCode === 404 && error.code === 'BlobNotFound')
          return undefined;
        throw error;
      }
    },
    read: (name, outOfTime, mostBytes = Number.POSITIVE_INFINITY) =>
      asking(outOfTime, async (abortSignal) => {
        const answer = await client.getBlobClient(name).download(0, undefined, { abortSignal });
        const { contentLength = 0, requestId } = answer;
        const body = answer.readableStreamBody as Readable | undefined;
        if (contentLength > mostBytes) {
          body?.destroy();
          throw tooLarge(name, contentLength, requestId);
        }
        return body === undefined ? Buffer.alloc(0) : await buffer(body);
      }),
    async *list(prefix, outOfTime) {
      const options = { prefix, includeMetadata: true };
      const pages = pagesOf(outOfTime, (page, abortSignal) =>
        client.listBlobsFlat({ ...options, abortSignal }).byPage(page),
      );
      for await (const { segment } of pages) yield* segment.blobItems.map(storedBlobOf);
    },
    async *listFolders(prefix, outOfTime) {
      const pages = pagesOf(outOfTime, (page, abortSignal) =>
        client.listBlobsByHierarchy('/', { prefix, abortSignal }).byPage(page),
      );
      for await (const { segment } of pages) yield* (segment.blobPrefixes ?? []).map((folder) => folder.name);
    },
    async *listTop(outOfTime) {
      const pages = pagesOf(outOfTime, (page, abortSignal) =>
        client.listBlobsByHierarchy('/', { includeMetadata: true, abortSignal }).byPage(page),
      );
      for await (const { segment } of pages) {
        yield* (segment.blobPrefixes ?? []).map((folder) => folder.name);
        yield* segment.blobItems.map(storedBlobOf);
      }
    },
  };
}

function tooLarge(name: string, bytes: number, requestId: string | undefined): ServiceError {
  return new ServiceError(`the blob "${name}" has ${bytes} bytes, more than is read of its kind`, {
    service: 'Blob Storage',
    statusCode: 200,
    code: 'BlobTooLarge',
    requestId,
  });
}

interface ToldBlob {
  readonly name: string;
  readonly properties: {
    readonly contentLength?: number | undefined;
    readonly createdOn?: Date | undefined;
    readonly lastModified?: Date | undefined;
  };
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** A record is never overwritten, so its last change is its creation. @throws ServiceError when neither can be read. */
function storedBlobOf({ name, properties, metadata }: ToldBlob): StoredBlob {
  const createdAt = toldTime(properties.createdOn) ?? toldTime(properties.lastModified);
  if (createdAt === undefined) {
    throw new ServiceError(`the answer tells no readable time of creation of the blob "${name}"`, {
      service: 'Blob Storage',
      code: 'NoCreationTime',
      statusCode: 200,
    });
  }
  return { name, length: properties.contentLength ?? 0, createdAt, metadata: metadata ?? {} };
}
