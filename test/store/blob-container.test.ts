import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { appDataActions } from '../../local-azure/identity/deployed-roles.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import type { EscrowContainer } from '../../src/escrow/ports/escrow-container.ts';
import { type ContainerView, digestOf, viewContainer } from '../support/container-view.ts';
import { fastClock } from '../support/escrow-app.ts';
import { noLimit } from '../support/escrow-sources.ts';
import { startTestAzure, type TestAzure } from '../support/local-azure.ts';
import { lastNight } from '../support/now.ts';

let azure: TestAzure;
let view: ContainerView;
/** Seen by somebody who may overwrite, so that what protects a record here is the request and not the role. */
let container: EscrowContainer;
let open: (url: string) => EscrowContainer;

const blob = (name: string, content: string) => ({
  name,
  bytes: Buffer.from(content),
  contentType: 'application/octet-stream',
  metadata: { runid: scheduledRunId(lastNight()) },
});

beforeAll(async () => {
  azure = await startTestAzure();
  view = viewContainer(azure);
  const write = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write';
  const writer = azure.registry.add('somebody who may overwrite', [...appDataActions, write]);
  const { createEscrowContainer } = await import('../../src/store/blob-container.ts');
  open = (url) => createEscrowContainer(url, azure.credential(writer), fastClock(100));
  container = open(azure.containerUrl);
});

beforeEach(() => {
  azure.storage.faults.clear();
  azure.storage.requests.length = 0;
});

afterAll(() => azure?.stop());

describe('read', () => {
  test('leaves a blob unread that is larger than it may be, and says so', async () => {
    await container.create(blob('large', 'x'.repeat(1000)), noLimit);
    expect((await container.read('large', noLimit, 1000)).length).toBe(1000);
    await expect(container.read('large', noLimit, 999)).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'BlobTooLarge',
      message: 'the blob "large" has 1000 bytes, more than is read of its kind',
    });
    expect(azure.storage.requests.filter(({ operation }) => operation === 'getBlob')).toHaveLength(2);
  });
});

describe('create', () => {
  test('never replaces a blob, though the identity may overwrite', async () => {
    await container.create(blob('once', 'first'), noLimit);
    await expect(container.create(blob('once', 'second'), noLimit)).rejects.toMatchObject({
      name: 'ServiceError',
      statusCode: 409,
      code: 'BlobAlreadyExists',
    });
    expect((await view.read('once')).toString()).toBe('first');
  });

  test('puts exactly the bytes of a view into a larger buffer, with their type and metadata', async () => {
    const bytes = Buffer.from('..backup..').subarray(2, 8);
    await container.create({ ...blob('view', ''), bytes, contentType: 'text/plain' }, noLimit);
    expect((await view.read('view')).toString()).toBe('backup');
    expect(await view.list('view')).toMatchObject([
      { contentType: 'text/plain', metadata: { runid: scheduledRunId(lastNight()) } },
    ]);
  });

  test('sends the MD5 of the bytes, which the service checks', async () => {
    const sent: unknown[] = [];
    const note = (message: unknown): void => {
      sent.push((message as { request: ClientRequest }).request.getHeader('content-md5'));
    };
    subscribe('http.client.response.finish', note);
    try {
      await container.create(blob('checked', 'backup'), noLimit);
    } finally {
      unsubscribe('http.client.response.finish', note);
    }
    expect(sent).toContain(digestOf('md5', Buffer.from('backup'), 'base64'));
  });
});

describe('look', () => {
  test('says that a blob is absent only when the service says so', async () => {
    expect(await container.look('nothing', noLimit)).toBeUndefined();
    const elsewhere = open(azure.containerUrl.replace(/[^/]+$/, 'no-such-container'));
    await expect(elsewhere.look('nothing', noLimit)).rejects.toMatchObject({
      statusCode: 404,
      code: 'ContainerNotFound',
    });
  });
});

describe('list', () => {
  test('goes on with the page that failed, and gives every blob once', async () => {
    for (const name of ['p/a', 'p/b', 'p/c']) await container.create(blob(name, name), noLimit);
    azure.storage.requests.length = 0;
    azure.storage.faults.add({
      when: { operation: 'listBlobs' },
      times: 2,
      effect: { kind: 'status', status: 503, code: 'ServerBusy' },
    });
    const names: string[] = [];
    for await (const { name } of container.list('p/', noLimit)) names.push(name);
    expect(names).toEqual(['p/a', 'p/b', 'p/c']);
    expect(azure.storage.requests.map(({ status }) => status)).toEqual([503, 503, 200]);
  });
});
