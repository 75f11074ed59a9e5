import { beforeEach, describe, expect, test } from 'vitest';
import type { LocalSource } from '../../../local-azure/key-vault/local-source.ts';
import { useKeyVault } from './served-key-vault.ts';

const served = useKeyVault();
function addKeys(source: LocalSource, count: number): string[] {
  const names = Array.from({ length: count }, (_, index) => `key-${String(index).padStart(5, '0')}`);
  for (const name of names) source.addKey({ name });
  return names;
}

/** Follows nextLinks as they are, and adds the api-version where a link lacks it, as every client does. */
async function pages(url: string): Promise<{ size: number; nextLink: string | null | undefined }[]> {
  const seen: { size: number; nextLink: string | null | undefined }[] = [];
  for (let next: string | null | undefined = url; next; ) {
    const { json } = await served.send(/api.version=/.test(next) ? next : `${next}&api-version=7.4`);
    seen.push({ size: json.value.length, nextLink: json.nextLink });
    next = json.nextLink;
  }
  return seen;
}

describe('a vault', () => {
  let vault: LocalSource;
  beforeEach(() => {
    vault = served.service.addSource({ kind: 'vault', name: 'contoso' });
  });

  test('lists 25 a page, with an empty page that goes on after every second full one', async () => {
    addKeys(vault, 130);
    const seen = await pages(`${vault.url}/keys?api-version=7.4`);
    expect(seen.map(({ size }) => size)).toEqual([25, 25, 0, 25, 25, 0, 25, 5]);
    expect(seen[0]?.nextLink).toMatch(
      /^https:\/\/contoso\.vault\.azure\.net:443\/keys\?api-version=7\.4&\$skiptoken=[\w-]+$/,
    );
    expect(seen.at(-1)?.nextLink).toBeNull();
  });

  test('ends with an empty page when the last full one was the second', async () => {
    addKeys(vault, 50);
    const seen = await pages(`${vault.url}/keys?api-version=7.4`);
    expect(seen.map(({ size }) => size)).toEqual([25, 25, 0]);
    expect(seen.at(-1)?.nextLink).toBeNull();
  });

  test('lists the versions of one key without empty pages', async () => {
    vault.addKey({ name: 'signing', versions: 60 });
    const seen = await pages(`${vault.url}/keys/signing/versions?api-version=7.4`);
    expect(seen.map(({ size }) => size)).toEqual([25, 25, 10]);
  });

  test('carries a smaller page size on in the nextLink', async () => {
    addKeys(vault, 5);
    const seen = await pages(`${vault.url}/keys?maxresults=3&api-version=7.4`);
    expect(seen.map(({ size }) => size)).toEqual([3, 2]);
    expect(seen[0]?.nextLink).toMatch(/&maxresults=3$/);
  });

  test('lists by upper-cased name, and versions by their ids', async () => {
    for (const name of ['b', 'C', 'a']) vault.addKey({ name, versions: 4 });
    const client = served.client(vault);
    expect((await Array.fromAsync(client.listPropertiesOfKeys())).map(({ name }) => name)).toEqual(['a', 'b', 'C']);
    const ids = (await Array.fromAsync(client.listPropertiesOfKeyVersions('b'))).map(({ version }) => version ?? '');
    const expected = vault.versions('b').map(({ id }) => id);
    expect(ids).toEqual(expected.toSorted((x, y) => (x < y ? -1 : 1)));
  });
});

describe('a Managed HSM', () => {
  let hsm: LocalSource;
  beforeEach(() => {
    hsm = served.service.addSource({ kind: 'managedHsm', name: 'contoso-hsm' });
  });

  test('lists in order of creation, without api-version in its links and without a link on the last page', async () => {
    for (const name of ['zeta', 'alpha', 'mid']) hsm.addKey({ name });
    const seen = await pages(`${hsm.url}/keys?maxresults=2&api-version=7.4`);
    expect(seen.map(({ size }) => size)).toEqual([2, 1]);
    expect(seen[0]?.nextLink).toMatch(
      /^https:\/\/contoso-hsm\.managedhsm\.azure\.net\/keys\?maxresults=2&\$skiptoken=[\w-]+$/,
    );
    expect(seen.at(-1)).toEqual({ size: 1, nextLink: undefined });
    // Older clients follow the link as it is.
    const followed = await served.send(seen[0]?.nextLink ?? '');
    expect([followed.status, followed.json.value.length]).toEqual([200, 1]);
    const listed = await Array.fromAsync(served.client(hsm).listPropertiesOfKeys());
    expect(listed.map(({ name }) => name)).toEqual(['zeta', 'alpha', 'mid']);
  });

  test('lists the versions of one key in order of creation, over several pages', async () => {
    hsm.addKey({ name: 'payments', versions: 60 });
    const versions = await Array.fromAsync(served.client(hsm).listPropertiesOfKeyVersions('payments'));
    expect(versions.map(({ version }) => version)).toEqual(hsm.versions('payments').map(({ id }) => id));
  });
});

test.each([['vault'], ['managedHsm']] as const)(
  'the SDK sees every key of a %s once, when keys vanish and appear between pages',
  async (kind) => {
    const source = served.service.addSource({ kind, name: 'contoso' });
    const names = addKeys(source, 80);
    const seen: string[] = [];
    for await (const page of served.client(source).listPropertiesOfKeys().byPage()) {
      seen.push(...page.map(({ name }) => name));
      if (seen.length === 25) {
        source.deleteKey('key-00003');
        source.deleteKey('key-00025');
      }
    }
    expect(seen).toEqual(names.filter((name) => name !== 'key-00025'));
  },
);

test('a token that the service did not issue is refused', async () => {
  const vault = served.service.addSource({ kind: 'vault', name: 'contoso' });
  const answer = await served.send(`${vault.url}/keys?api-version=7.4&$skiptoken=bm90aGluZw`);
  expect(answer).toMatchObject({ status: 400, json: { error: { code: 'BadParameter' } } });
});

test('sets up 10,000 keys without a key pair for each, and lists them all', async () => {
  const vault = served.service.addSource({ kind: 'vault', name: 'large' });
  const before = process.cpuUsage();
  const names = addKeys(vault, 10_000);
  const { user, system } = process.cpuUsage(before);
  const listed = await Array.fromAsync(served.client(vault).listPropertiesOfKeys());
  expect(listed.map(({ name }) => name)).toEqual(names);
  // Some 0.1 ms a key; a key pair for each would take minutes.
  expect((user + system) / 1_000_000).toBeLessThan(30);
});
