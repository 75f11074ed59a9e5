import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { RequestPolicyFactory, WebResource } from '@azure/storage-blob';
import { describe, expect, test } from 'vitest';
import { fastClock } from '../../support/escrow-app.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { startTlsHost } from '../../support/tls-host.ts';

const clock = fastClock(100);
const storage = 'https://contosoescrow.blob.core.windows.net';

const azure = await useTestAzure();
const app = azure.identities.app;

/** Where requests to storage may not go, and what they would be there. */
const elsewhere = [
  ['another account', 'https://evil.blob.core.windows.net/key-escrow/x'],
  ['a host that only begins alike', 'https://contosoescrow.blob.core.windows.net.evil.example/key-escrow/x'],
  ['a host behind a user that looks like it', 'https://contosoescrow.blob.core.windows.net@evil.example/key-escrow/x'],
  ['the secondary region', 'https://contosoescrow-secondary.blob.core.windows.net/key-escrow/x'],
  ['its own host over plain http', 'http://contosoescrow.blob.core.windows.net/key-escrow/x'],
  ['its own host over plain http on the port of https', 'http://contosoescrow.blob.core.windows.net:443/key-escrow/x'],
  ['another port of its own host', 'https://contosoescrow.blob.core.windows.net:8443/key-escrow/x'],
] as const;

describe('the last gate before the wire', () => {
  test.each(elsewhere)('sends no storage request to %s', async (_, url) => {
    const { storageCalls } = await import('../../../src/azure/http/storage-calls.ts');
    const sent: string[] = [];
    const factories: RequestPolicyFactory[] = [];
    storageCalls({ factories }, `${storage}/key-escrow`, 'Blob Storage', clock);
    const policy = factories[0]?.create(
      {
        sendRequest(request) {
          sent.push(request.url);
          return Promise.reject(new Error('not here'));
        },
      },
      { log: () => undefined, shouldLog: () => false },
    );
    const send = async (to: string) => policy?.sendRequest({ url: to } as WebResource);
    await expect(send(url)).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'ForeignHost',
      service: 'Blob Storage',
    });
    expect(sent).toEqual([]);
    for (const own of [`${storage}/key-escrow/x`, `${storage}:443/key-escrow/x`]) {
      await expect(send(own)).rejects.toThrow('not here');
      expect(sent.pop()).toBe(own);
    }
  });

  test('is passed by every request of the container and of the queue: all go by the one shared agent', async () => {
    const { sharedAgent } = await import('../../../src/azure/http/connection.ts');
    const { createBlobContainerStore } = await import('../../../src/store/blob-container.ts');
    const { createRequestQueue } = await import('../../../src/azure/request-queue.ts');
    const agents = new Map<string, unknown[]>();
    const note = (message: unknown): void => {
      const { request } = message as { request: ClientRequest & { agent?: unknown } };
      const kind = request.host.split('.').slice(1, 2).join();
      agents.set(kind, [...(agents.get(kind) ?? []), request.agent]);
    };
    const store = createBlobContainerStore(azure.containerUrl, azure.credential(app), clock);
    const operator = azure.credential(azure.identities.operator);
    const queue = createRequestQueue(azure.queueServiceUrl, azure.queueName, operator, clock);
    subscribe('http.client.request.start', note);
    try {
      const blob = { name: 'x', bytes: Buffer.from('x'), contentType: 'text/plain', metadata: {} };
      await store.create(blob, noLimit);
      await store.find('x', noLimit);
      await store.read('x', noLimit);
      await Array.fromAsync(store.list('', noLimit));
      await queue.send({ all: true }, noLimit);
      await queue.length(noLimit);
    } finally {
      unsubscribe('http.client.request.start', note);
    }
    expect(Object.fromEntries([...agents].filter(([kind]) => kind !== '0'))).toEqual({
      blob: Array(4).fill(sharedAgent()),
      queue: Array(2).fill(sharedAgent()),
    });
  });
});

describe('storage that leads away from itself', () => {
  const evil = 'evil.blob.core.windows.net';

  test.each([
    ['another account', `https://${evil}/key-escrow`],
    ['plain http', 'http://redirecting.blob.core.windows.net/key-escrow'],
    ['another port', 'https://redirecting.blob.core.windows.net:8443/key-escrow'],
  ])('by a redirect to %s gets no request, so no token, to that place', async (_, location) => {
    const { createBlobContainerStore } = await import('../../../src/store/blob-container.ts');
    await using there = await startTlsHost(azure, [evil], (_request, response) => response.writeHead(200).end());
    await using own = await startTlsHost(azure, ['redirecting.blob.core.windows.net'], (request, response) => {
      request.resume();
      response.writeHead(307, { Location: location }).end();
    });
    const url = 'https://redirecting.blob.core.windows.net/key-escrow';
    const store = createBlobContainerStore(url, azure.credential(app), clock);
    const blob = { name: 'x', bytes: Buffer.from('x'), contentType: 'text/plain', metadata: {} };
    await expect(store.create(blob, noLimit)).rejects.toMatchObject({ statusCode: 307 });
    await expect(store.find('x', noLimit)).rejects.toMatchObject({ statusCode: 307 });
    await expect(store.read('x', noLimit)).rejects.toThrow();
    await expect(Array.fromAsync(store.list('', noLimit))).rejects.toMatchObject({ statusCode: 307 });
    expect(own.asked).toHaveLength(4);
    expect(own.authorizations.every((header) => header?.startsWith('Bearer '))).toBe(true);
    expect(there.asked).toEqual([]);
    expect(azure.proxy.refusedHosts).toEqual([]);
  });
});
