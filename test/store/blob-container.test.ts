import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { beforeEach, describe, expect, test } from 'vitest';
import { appDataActions } from '../../local-azure/identity/deployed-roles.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { digestOf, viewContainer } from '../support/container-view.ts';
import { fastClock } from '../support/escrow-app.ts';
import { noLimit } from '../support/escrow-sources.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { lastNight } from '../support/now.ts';

const blob = (name: string, content: string) => ({
  name,
  bytes: Buffer.from(content),
  contentType: 'application/octet-stream',
  metadata: { runid: scheduledRunId(lastNight()) },
});

const azure = await useTestAzure();
const view = viewContainer(azure);
const write = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write';
const writer = azure.registry.add('somebody who may overwrite', [...appDataActions, write]);
const { createBlobContainerStore } = await import('../../src/store/blob-container.ts');
const open = (url: string) => createBlobContainerStore(url, azure.credential(writer), fastClock(100));
/** Seen by somebody who may overwrite, so that what protects a record here is the request and not the role. */
const store = open(azure.containerUrl);
const busy = { kind: 'status', status: 503, code: 'ServerBusy' } as const;

beforeEach(() => {
  azure.storage.faults.clear();
  azure.storage.requests.length = 0;
});

describe('create', () => {
  test.each([
    [403, 'AuthorizationPermissionMismatch'],
    [403, 'UnauthorizedBlobOverwrite'],
    [412, 'ConditionNotMet'],
    [409, 'BlobImmutableDueToPolicy'],
  ])('looks who has the name when the service answers %i %s', async (status, code) => {
    const name = `taken-${code}`;
    await view.put(name, 'theirs', { runid: 'theirs' });
    azure.storage.faults.add({ operation: 'putBlob', effect: { kind: 'status', status, code } });
    expect(await store.create(blob(name, 'ours'), noLimit)).toMatchObject({
      outcome: 'exists',
      existing: { name, length: 6, metadata: { runid: 'theirs' } },
    });
  });

  test('puts exactly the bytes of a view into a larger buffer, with their type and metadata', async () => {
    const bytes = Buffer.from('..backup..').subarray(2, 8);
    await store.create({ ...blob('view', ''), bytes, contentType: 'text/plain' }, noLimit);
    expect((await view.read('view')).toString()).toBe('backup');
    expect(await view.list('view')).toMatchObject([
      { contentType: 'text/plain', metadata: { runid: scheduledRunId(lastNight()) } },
    ]);
  });

  test('fails with the words of the refusal where nothing has the name', async () => {
    const code = 'AuthorizationPermissionMismatch';
    azure.storage.faults.add({ operation: 'putBlob', effect: { kind: 'status', status: 403, code } });
    await expect(store.create(blob('nobody has it', 'ours'), noLimit)).rejects.toMatchObject({
      kind: 'denied',
      message: 'This request is not authorized to perform this operation using this permission.',
    });
  });

  test('fails with the words of the put where the look is refused too: an answer to a HEAD has none', async () => {
    azure.storage.faults.add({ effect: { kind: 'status', status: 403, code: 'AuthorizationFailure' } });
    await expect(store.create(blob('behind a firewall', 'ours'), noLimit)).rejects.toMatchObject({
      kind: 'blockedByFirewall',
      message: 'This request is not authorized to perform this operation.',
    });
  });

  test('sends the MD5 of the bytes, which the service checks', async () => {
    const sent: unknown[] = [];
    const note = (message: unknown): void => {
      sent.push((message as { request: ClientRequest }).request.getHeader('content-md5'));
    };
    subscribe('http.client.response.finish', note);
    try {
      await store.create(blob('checked', 'backup'), noLimit);
    } finally {
      unsubscribe('http.client.response.finish', note);
    }
    expect(sent).toContain(digestOf('md5', Buffer.from('backup'), 'base64'));
  });
});

describe('bytes in pieces', () => {
  const pieces = ['one, ', 'two, ', 'three'].map((text) => Buffer.from(text));
  const bytes = { length: 15, [Symbol.iterator]: () => pieces.values() };

  test('are sent from the first piece on at every attempt', async () => {
    azure.storage.faults.add({ operation: 'putBlob', times: 1, effect: busy });
    azure.storage.faults.add({ operation: 'putBlob', times: 1, effect: { kind: 'reset' } });
    expect(await store.create({ ...blob('attempts', ''), bytes }, noLimit)).toEqual({ outcome: 'created' });
    expect(azure.storage.requests).toHaveLength(3);
    expect((await view.read('attempts')).toString()).toBe('one, two, three');
  });

  test('that are others when they are sent than when they were measured are refused, and nothing is there', async () => {
    let times = 0;
    const changing = { length: 15, [Symbol.iterator]: () => (times++ === 0 ? pieces : pieces.toReversed()).values() };
    await expect(store.create({ ...blob('changing', ''), bytes: changing }, noLimit)).rejects.toMatchObject({
      code: 'Md5Mismatch',
    });
    expect(await view.list('changing')).toEqual([]);
  });
});

describe('a blob in the archive', () => {
  test('is listed as such, and cannot be read', async () => {
    await view.put('archived', 'backup');
    await view.client.getBlobClient('archived').setAccessTier('Archive');
    const listed = await Array.fromAsync(store.list('archived', noLimit));
    expect(listed).toMatchObject([{ name: 'archived', tier: 'Archive' }]);
    expect((await store.find('archived', noLimit))?.tier).toBe('Archive');
    await expect(store.read('archived', noLimit)).rejects.toMatchObject({
      kind: 'notReadable',
      code: 'BlobArchived',
    });
  });
});

describe('list', () => {
  test('goes on with the page that failed, and gives every blob once', async () => {
    for (const name of ['p/a', 'p/b', 'p/c']) await store.create(blob(name, name), noLimit);
    azure.storage.requests.length = 0;
    azure.storage.faults.add({ operation: 'listBlobs', times: 2, effect: busy });
    expect(await Array.fromAsync(store.list('p/', noLimit), ({ name }) => name)).toEqual(['p/a', 'p/b', 'p/c']);
    expect(azure.storage.requests.map(({ status }) => status)).toEqual([503, 503, 200]);
  });
});
