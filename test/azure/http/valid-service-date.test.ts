import https from 'node:https';
import { describe, expect, test } from 'vitest';
import { viewContainer } from '../../support/container-view.ts';
import { fastClock } from '../../support/escrow-app.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { useOddVault } from '../../support/foreign-vault.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { openVault } from '../../support/source-client.ts';
import { useTlsHost } from '../../support/tls-host.ts';

const azure = await useTestAzure();

// fixed dates: what is tested is how a date is read, and nothing compares it with now.

/** What an answer may hold where seconds since 1970 belong, and the time that it is; none where it is no time. */
const attributes: readonly (readonly [name: string, seconds: unknown, time: string | undefined])[] = [
  ['seconds', 1_790_000_000, '2026-09-21T14:13:20.000Z'],
  ['the-last-second', 253_402_300_799, '9999-12-31T23:59:59.000Z'],
  ['beyond-9999', 253_402_300_800, undefined],
  ['milliseconds', 1_790_000_000_000, undefined],
  ['no-date', 1e15, undefined],
  ['negative', -1, undefined],
  ['zero', 0, undefined],
  ['text', '2026-11-24T10:00:00Z', undefined],
  ['empty', '', undefined],
  ['null', null, undefined],
  ['absent', undefined, undefined],
  ['object', {}, undefined],
];

describe('a vault with odd times', async () => {
  await useOddVault(azure, 'contoso-odd.vault.azure.net', Object.fromEntries(attributes));
  const operator = await openVault({ name: 'contoso-odd' }, azure.credential(azure.identities.app));

  test('lists its keys with those that are times', async () => {
    const listed = await Array.fromAsync(operator.keys.listKeys(noLimit), ({ name, createdAt, updatedAt }) => [
      name,
      createdAt?.toISOString(),
      updatedAt?.toISOString(),
    ]);
    expect(listed).toEqual(attributes.map(([name, , time]) => [name, time, time]));
  });

  test.each(attributes)('reports one key, its versions and its deletion alike: %s', async (name, _, time) => {
    const at = time === undefined ? undefined : new Date(time);
    expect(await operator.keys.getKey(name, noLimit)).toMatchObject({ name, createdAt: at, updatedAt: at });
    const version = { version: '0123456789abcdef', enabled: true, createdAt: at, updatedAt: at };
    expect(await Array.fromAsync(operator.keys.listVersions(name, noLimit))).toEqual([version]);
    const deleted = { name, version: '0123456789abcdef', createdAt: at, deletedAt: at, purgeAt: at };
    expect(await operator.findDeletedKey(name, noLimit)).toEqual(deleted);
  });
});

describe('storage with odd times', async () => {
  /** What stands in its answers, instead of the times that the service sends. */
  let created = '';
  let modified = '';

  const view = viewContainer(azure);
  await view.put('odd/blob', 'content');
  const { hostname } = new URL(azure.containerUrl);
  await useTlsHost(azure, [hostname], ({ method = '', url = '', headers }, response) => {
    const gate = { host: '127.0.0.1', port: azure.storage.port, servername: hostname, ca: azure.ca };
    const onward = https.request({ ...gate, method, path: url, headers }, (answer) => {
      const told = { 'x-ms-creation-time': created, 'last-modified': modified };
      const chunks: Buffer[] = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => {
        const body = Buffer.concat(chunks)
          .toString('utf8')
          .replace(/(<Creation-Time>)[^<]*/g, `$1${created}`)
          .replace(/(<Last-Modified>)[^<]*/g, `$1${modified}`);
        const { 'content-length': length, 'transfer-encoding': _, ...kept } = answer.headers;
        const size = method === 'HEAD' ? length : Buffer.byteLength(body);
        response.writeHead(answer.statusCode ?? 502, { ...kept, ...told, 'content-length': size });
        response.end(body);
      });
    });
    onward.on('error', () => response.destroy());
    onward.end();
  });
  const { createBlobContainerStore } = await import('../../../src/store/blob-container.ts');
  const store = createBlobContainerStore(azure.containerUrl, azure.credential(azure.identities.app), fastClock(100));

  const ways = [
    ['looked at', () => store.find('odd/blob', noLimit)],
    ['listed', async () => (await Array.fromAsync(store.list('odd/', noLimit)))[0]],
  ] as const;
  const monday = 'Mon, 23 Nov 2026 10:00:00 GMT';
  const tuesday = 'Tue, 24 Nov 2026 10:00:00 GMT';
  const oddTimes = ['', 'soon', 'Mon, 23 Nov 12026 10:00:00 GMT', 'Mon, 23 Nov 1953 10:00:00 GMT'];

  describe.each(ways)('a blob that is %s', (_, read) => {
    test('is as old as the service says', async () => {
      [created, modified] = [monday, tuesday];
      expect(await read()).toMatchObject({ name: 'odd/blob', length: 7, createdAt: new Date(monday) });
    });

    test.each(oddTimes)('is as old as its last change, where its creation is %j', async (odd) => {
      [created, modified] = [odd, tuesday];
      expect(await read()).toMatchObject({ createdAt: new Date(tuesday) });
    });

    test.each(oddTimes)('is taken for nothing where neither can be read: %j', async (odd) => {
      [created, modified] = [odd, odd];
      await expect(read()).rejects.toMatchObject({
        name: 'ServiceError',
        code: 'NoCreationTime',
        message: expect.stringContaining('"odd/blob"'),
      });
    });
  });
});
