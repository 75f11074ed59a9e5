import https from 'node:https';
import { beforeEach, describe, expect, test } from 'vitest';
import { viewContainer } from '../support/container-view.ts';
import { fastClock } from '../support/escrow-app.ts';
import { noLimit } from '../support/escrow-sources.ts';
import { type TestAzure, useTestAzure } from '../support/local-azure.ts';
import { type TlsHost, useTlsHost } from '../support/tls-host.ts';

/** Storage whose pages hold two entries: the real ones hold 5,000, which no test can fill. */
const azure = await useTestAzure();
const view = viewContainer(azure);
for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
  await view.put(`p/${name}`, name);
  await view.put(`q/${name}/blob`, name);
}
await view.put('top', 'top');
const front = await smallPages(azure);
const { createBlobContainerStore } = await import('../../src/store/blob-container.ts');
const store = createBlobContainerStore(azure.containerUrl, azure.credential(azure.identities.app), fastClock(100));

beforeEach(() => {
  azure.storage.faults.clear();
});

function smallPages(local: TestAzure): Promise<TlsHost> {
  const { hostname } = new URL(local.containerUrl);
  return useTlsHost(local, [hostname], ({ url, headers }, response) => {
    const gate = { host: '127.0.0.1', port: local.storage.port, servername: hostname, ca: local.ca };
    const onward = { ...gate, path: `${url}&maxresults=2`, headers };
    https
      .get(onward, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      })
      .on('error', () => response.destroy());
  });
}

/** What a listing gives, stopped when it gives more than there is. */
async function all(listing: AsyncIterable<string | { readonly name: string }>): Promise<string[]> {
  const given: string[] = [];
  for await (const one of listing) {
    given.push(typeof one === 'string' ? one : one.name);
    if (given.length > 20) break;
  }
  return given;
}

const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const listings: readonly (readonly [string, () => AsyncIterable<string | { name: string }>, readonly string[]])[] = [
  ['blobs', () => store.list('p/', noLimit), letters.map((name) => `p/${name}`)],
  ['folders', () => store.listFolders('q/', noLimit), letters.map((name) => `q/${name}/`)],
];

describe.each(listings)('a listing of %s over several pages', (_what, list, expected) => {
  const pages = Math.ceil(expected.length / 2);
  const askedSince = (before: number): (string | null)[] =>
    front.asked.slice(before).map((url) => new URL(`https://${url}`).searchParams.get('marker'));

  test('gives everything once, in order', async () => {
    const before = front.asked.length;
    expect(await all(list())).toEqual(expected);
    expect(front.asked.length - before).toBe(pages);
  });

  test.each([1, pages - 1])('that is interrupted after page %i goes on from there', async (skip) => {
    const before = front.asked.length;
    const effect = { kind: 'status', status: 503, code: 'ServerBusy' } as const;
    azure.storage.faults.add({ skip, times: 2, effect });
    expect(await all(list())).toEqual(expected);
    const markers = askedSince(before);
    expect(markers).toHaveLength(pages + 2);
    // The page that failed is requested by its own token, and no page is requested again after it was given.
    expect(new Set(markers.slice(skip, skip + 3)).size).toBe(1);
    expect(new Set(markers).size).toBe(pages);
    expect(markers.slice(1)).not.toContain(null);
  });
});
