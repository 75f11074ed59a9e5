import { createHash } from 'node:crypto';
import { BlobServiceClient, type ContainerClient, type RestError } from '@azure/storage-blob';
import { type QueueClient, QueueServiceClient } from '@azure/storage-queue';
import { afterEach, describe, expect, test } from 'vitest';
import type { LocalIdentity } from '../../../local-azure/identity/identities.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { day, fromNow, minute } from '../../support/now.ts';

const azure = await useTestAzure();
const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
const may = ['read', 'write', 'delete', 'tags/write'].map((action) => `${blobs}/${action}`);
const everything = azure.registry.add('owner', may);

afterEach(() => {
  azure.storage.faults.clear();
  azure.storage.existingBlobAnswer = 'conflict';
  azure.storage.requests.length = 0;
});

function containerAs(identity: LocalIdentity): ContainerClient {
  const { origin } = new URL(azure.containerUrl);
  return new BlobServiceClient(origin, azure.credential(identity), {
    retryOptions: { maxTries: 1 },
  }).getContainerClient(azure.containerName);
}

async function refused(work: Promise<unknown>): Promise<{ status: number | undefined; code: string | undefined }> {
  const error = await work.then(() => undefined).catch((caught: RestError) => caught);
  return { status: error?.statusCode, code: error?.code };
}

function queueAs(identity: LocalIdentity): QueueClient {
  return new QueueServiceClient(azure.queueServiceUrl, azure.credential(identity)).getQueueClient(azure.queueName);
}

const mismatch = { status: 403, code: 'AuthorizationPermissionMismatch' };
const mayNot = { status: 403, code: 'UnauthorizedBlobOverwrite' };
const onlyIfNew = { conditions: { ifNoneMatch: '*' } };

describe('the storage gate, to the application', () => {
  test('lets it create and read blobs, byte for byte, with content MD5', async () => {
    const container = containerAs(azure.identities.app);
    const content = Buffer.from('key backup'.repeat(3_000));
    const md5 = createHash('md5').update(content).digest();
    const blob = container.getBlockBlobClient('vaults/a/key one.keybackup');
    await blob.upload(content, content.length, { ...onlyIfNew, metadata: { runid: 'r' } });
    expect(await blob.downloadToBuffer()).toEqual(content);
    expect(Buffer.from((await blob.getProperties()).contentMD5 ?? [])).toEqual(md5);
    const listed = container.listBlobsFlat({ prefix: 'vaults/a/' });
    expect(await Array.fromAsync(listed, ({ name }) => name)).toEqual(['vaults/a/key one.keybackup']);
    expect(azure.storage.requests.map(({ operation, identity, status }) => [operation, identity, status])).toEqual([
      ['putBlob', 'app', 201],
      ['getBlobProperties', 'app', 200],
      ['getBlob', 'app', 206],
      ['getBlobProperties', 'app', 200],
      ['listBlobs', 'app', 200],
    ]);
    expect(azure.storage.requests[0]?.blobName).toBe('vaults/a/key one.keybackup');
  });

  test('refuses to overwrite with 403 UnauthorizedBlobOverwrite and keeps what is there', async () => {
    const blob = containerAs(azure.identities.app).getBlockBlobClient('kept');
    await blob.upload('first', 5);
    expect(await refused(blob.upload('other', 5))).toEqual(mayNot);
    expect((await blob.downloadToBuffer()).toString()).toBe('first');
  });

  test('answers If-None-Match: * on an existing blob with 409, or with 403 on request', async () => {
    const blob = containerAs(azure.identities.app).getBlockBlobClient('conditional');
    await blob.upload('first', 5, onlyIfNew);
    expect(await refused(blob.upload('other', 5, onlyIfNew))).toEqual({ status: 409, code: 'BlobAlreadyExists' });
    azure.storage.existingBlobAnswer = 'forbidden';
    expect(await refused(blob.upload('other', 5, onlyIfNew))).toEqual(mayNot);
  });

  test('lets exactly one of many writers of the same new blob in', async () => {
    const blob = containerAs(azure.identities.app).getBlockBlobClient('raced');
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, (_, writer) => blob.upload(`${writer}`, 1)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('refuses deleting, tagging, blocks, metadata and making containers with 403 AuthorizationPermissionMismatch', async () => {
    const container = containerAs(azure.identities.app);
    const blob = container.getBlockBlobClient('guarded');
    await blob.upload('first', 5);
    expect(await refused(blob.delete())).toEqual(mismatch);
    expect(await refused(blob.setTags({ a: 'b' }))).toEqual(mismatch);
    expect(await refused(blob.setMetadata({ a: 'b' }))).toEqual(mismatch);
    expect(await refused(blob.stageBlock('AAAA', 'x', 1))).toEqual(mismatch);
    expect(await refused(container.getBlockBlobClient('tagged').upload('x', 1, { tags: { a: 'b' } }))).toEqual(
      mismatch,
    );
    expect(await refused(container.create())).toEqual(mismatch);
    expect(await refused(container.delete())).toEqual(mismatch);
  });

  test('lets it make a new blob by a copy or from blocks, but replace none', async () => {
    const container = containerAs(azure.identities.app);
    const source = container.getBlockBlobClient('copied');
    await source.upload('first', 5);
    const copy = container.getBlockBlobClient('copy');
    await (await copy.beginCopyFromURL(source.url)).pollUntilDone();
    expect((await copy.downloadToBuffer()).toString()).toBe('first');
    expect(await refused(copy.beginCopyFromURL(source.url))).toEqual(mayNot);
    await containerAs(everything).getBlockBlobClient('blocks').stageBlock('AAAA', 'x', 1);
    const blocks = container.getBlockBlobClient('blocks');
    await blocks.commitBlockList(['AAAA']);
    await containerAs(everything).getBlockBlobClient('blocks').stageBlock('BBBB', 'y', 1);
    expect(await refused(blocks.commitBlockList(['BBBB']))).toEqual(mayNot);
    expect((await blocks.downloadToBuffer()).toString()).toBe('x');
  });

  test('refuses to overwrite under a condition on what is there', async () => {
    const blob = containerAs(azure.identities.app).getBlockBlobClient('conditioned');
    const { etag = '' } = await blob.upload('first', 5);
    expect(await refused(blob.upload('other', 5, { conditions: { ifMatch: etag } }))).toEqual(mayNot);
    const { lastModified } = await blob.getProperties();
    const ifUnmodifiedSince = new Date((lastModified?.getTime() ?? 0) + 60_000);
    expect(await refused(blob.upload('other', 5, { conditions: { ifUnmodifiedSince } }))).toEqual(mayNot);
    const absent = containerAs(azure.identities.app).getBlockBlobClient('absent');
    expect(await refused(absent.upload('x', 1, { conditions: { ifMatch: etag } }))).toMatchObject({ status: 412 });
  });

  test('refuses holds on a blob and the tags in a listing, which want rights of their own', async () => {
    const container = containerAs(azure.identities.app);
    const held = container.getBlockBlobClient('held');
    expect(await refused(held.upload('x', 1, { legalHold: true }))).toEqual(mismatch);
    const policy = { immutabilityPolicy: { expiriesOn: fromNow(day), policyMode: 'Unlocked' as const } };
    expect(await refused(held.upload('x', 1, policy))).toEqual(mismatch);
    expect(await refused(container.listBlobsFlat({ includeTags: true }).next())).toEqual(mismatch);
  });

  test('lets it run its queue', async () => {
    const queue = queueAs(azure.identities.app);
    await queue.sendMessage('one');
    expect((await queue.peekMessages()).peekedMessageItems).toHaveLength(1);
    const [message] = (await queue.receiveMessages()).receivedMessageItems;
    const updated = await queue.updateMessage(message?.messageId ?? '', message?.popReceipt ?? '', 'two', 0);
    await queue.deleteMessage(message?.messageId ?? '', updated.popReceipt ?? '');
    const operations = azure.storage.requests.map(({ operation }) => operation);
    expect(operations).toEqual(['putMessage', 'peekMessages', 'getMessages', 'updateMessage', 'deleteMessage']);
    expect(await refused(queue.delete())).toEqual(mismatch);
  });
});

describe('the storage gate, to others', () => {
  test('lets an identity that may write overwrite and delete', async () => {
    const blob = containerAs(everything).getBlockBlobClient('owned');
    await blob.upload('first', 5);
    await blob.upload('other', 5);
    expect((await blob.downloadToBuffer()).toString()).toBe('other');
    await blob.delete();
  });

  test('does not let the operator take messages off the queue', async () => {
    const queue = queueAs(azure.identities.operator);
    await queue.sendMessage('request');
    expect(await refused(queue.receiveMessages())).toEqual(mismatch);
    expect(await refused(queue.clearMessages())).toEqual(mismatch);
  });

  test('answers 401 with a challenge to a token for another service and to none', async () => {
    const wrong = new BlobServiceClient(new URL(azure.containerUrl).origin, {
      getToken: async () => ({
        token: azure.registry.issueToken(azure.identities.app, 'https://vault.azure.net', 60),
        expiresOnTimestamp: fromNow(minute).getTime(),
      }),
    });
    const answer = await refused(wrong.getContainerClient(azure.containerName).getBlobClient('x').getProperties());
    expect(answer.status).toBe(401);
    const anonymous = new BlobServiceClient(new URL(azure.containerUrl).origin);
    expect(await refused(anonymous.getContainerClient(azure.containerName).getBlobClient('x').download())).toEqual({
      status: 401,
      code: 'NoAuthenticationInformation',
    });
  });
});

describe('the archive', () => {
  test('gives nothing back at once: what is called back is pending, alone and in a listing, until it is there', async () => {
    const container = containerAs(everything);
    const blob = container.getBlockBlobClient('cold & <old>');
    await blob.upload('x', 1);
    await blob.setAccessTier('Archive');
    expect(await refused(blob.downloadToBuffer())).toEqual({ status: 409, code: 'BlobArchived' });
    await blob.setAccessTier('Cool');
    expect(await refused(blob.setAccessTier('Hot'))).toEqual({ status: 409, code: 'BlobBeingRehydrated' });
    const pending = { accessTier: 'Archive', archiveStatus: 'rehydrate-pending-to-cool' };
    expect(await blob.getProperties()).toMatchObject(pending);
    const listed = () => Array.fromAsync(container.listBlobsFlat({ prefix: 'cold' }));
    expect(await listed()).toMatchObject([{ name: 'cold & <old>', properties: pending }]);
    expect((await refused(blob.downloadToBuffer())).status).toBe(409);

    await azure.storage.completeRehydration();
    const [{ properties } = {}] = await listed();
    expect([properties?.accessTier, properties?.archiveStatus]).toEqual(['Cool', undefined]);
    expect((await blob.downloadToBuffer()).toString()).toBe('x');
    // Between the other tiers a blob moves at once.
    await blob.setAccessTier('Hot');
    expect((await blob.getProperties()).accessTier).toBe('Hot');
  });
});

describe('faults in the storage gate', () => {
  test('answers with the asked status and code, after as many requests as asked, as often as asked', async () => {
    const container = containerAs(azure.identities.app);
    const effect = { kind: 'status', status: 503, code: 'ServerBusy' } as const;
    azure.storage.faults.add({ operation: 'putBlob', blobName: /^busy\//, skip: 1, times: 1, effect });
    await container.getBlockBlobClient('other').upload('x', 1);
    await container.getBlockBlobClient('busy/1').upload('x', 1);
    const second = container.getBlockBlobClient('busy/2');
    expect(await refused(second.upload('x', 1))).toEqual({ status: 503, code: 'ServerBusy' });
    await second.upload('x', 1);
  });

  test('cuts the connection before the work, so that nothing is stored', async () => {
    azure.storage.faults.add({ operation: 'putBlob', times: 1, effect: { kind: 'reset' } });
    const blob = containerAs(azure.identities.app).getBlockBlobClient('cut-before');
    await expect(blob.upload('x', 1)).rejects.toThrow();
    expect(await blob.exists()).toBe(false);
    expect(azure.storage.requests[0]?.status).toBeUndefined();
  });

  test('cuts the connection after the work, so that the blob is stored and nobody was answered', async () => {
    azure.storage.faults.add({ operation: 'putBlob', times: 1, effect: { kind: 'resetAfterWork' } });
    const blob = containerAs(azure.identities.app).getBlockBlobClient('cut-after');
    await expect(blob.upload('x', 1)).rejects.toThrow();
    expect(await blob.exists()).toBe(true);
  });

  test('never answers when told to stall, and stores nothing', async () => {
    azure.storage.faults.add({ operation: 'putBlob', times: 1, effect: { kind: 'stall' } });
    const container = containerAs(azure.identities.app);
    const blob = container.getBlockBlobClient('stalled');
    const leaving = new AbortController();
    const left = expect(blob.upload('x', 1, { abortSignal: leaving.signal })).rejects.toThrow(/abort/i);
    await expect.poll(() => azure.storage.requests).toHaveLength(1);
    await container.getBlockBlobClient('served meanwhile').upload('x', 1);
    expect(await blob.exists()).toBe(false);
    expect(azure.storage.requests[0]?.status).toBeUndefined();
    leaving.abort();
    await left;
  });

  test('answers late on request', async () => {
    azure.storage.faults.add({ times: 1, effect: { kind: 'latency', ms: 150 } });
    const started = performance.now();
    await containerAs(azure.identities.app).getBlockBlobClient('late').upload('x', 1);
    expect(performance.now() - started).toBeGreaterThan(145);
  });
});
