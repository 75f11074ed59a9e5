import { beforeEach, describe, expect, test } from 'vitest';
import type { FaultEffect } from '../../local-azure/key-vault/faults.ts';
import { startEscrowApp } from '../support/escrow-app.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { lastNight } from '../support/now.ts';

const foreign = 'evil.vault.azure.net';

let night = 0;

const azure = await useTestAzure({
  sources: [
    { kind: 'vault', name: 'contoso-prod', keys: Array.from({ length: 30 }, (_, index) => `key-${index}`) },
    { kind: 'vault', name: 'contoso-web', keys: ['web'] },
    // Reachable, but no source of the product: what a hostile vault would want to lead to.
    { kind: 'vault', name: 'evil' },
  ],
});

beforeEach(() => {
  azure.keyVault.faults.clear();
  azure.keyVault.requests.length = 0;
});

const misleading: readonly (readonly [string, FaultEffect])[] = [
  ['a nextLink to another vault', { kind: 'foreignNextLink', host: foreign }],
  [
    'a nextLink to a configured vault that is not its own',
    { kind: 'foreignNextLink', host: 'contoso-web.vault.azure.net' },
  ],
  [
    'a nextLink to a host that only looks like it',
    { kind: 'foreignNextLink', host: 'contoso-prod.vault.azure.net.evil.example' },
  ],
  ['a nextLink to another port', { kind: 'foreignNextLink', host: 'contoso-prod.vault.azure.net:8443' }],
  [
    'a nextLink with a user in front of another host',
    { kind: 'foreignNextLink', host: 'contoso-prod.vault.azure.net@evil.vault.azure.net' },
  ],
  ['a redirect to another vault', { kind: 'redirect', location: `https://${foreign}/keys?api-version=7.6` }],
  [
    'a redirect to plain http',
    { kind: 'redirect', location: 'http://contoso-prod.vault.azure.net/keys?api-version=7.6' },
  ],
];

describe('a vault that leads away from itself', () => {
  test.each(misleading)('by %s gets no request, so no token, to that place', async (_what, effect) => {
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod' }], { speed: 50 });
    azure.keyVault.faults.add({ source: 'contoso-prod', operation: 'listKeys', effect });
    const { error } = await app.nightly(lastNight(night++ % 6));
    expect(error?.message).toMatch(/Cannot list the keys of vault "contoso-prod"/);
    expect(new Set(azure.keyVault.requests.map(({ source }) => source))).toEqual(
      new Set(['contoso-prod.vault.azure.net']),
    );
    expect(azure.proxy.refusedHosts).toEqual([]);
    expect(azure.proxy.connections.get(foreign)).toBeUndefined();
  });

  test('by a nextLink names the host in the failure, and keeps what it had listed before', async () => {
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod' }], { speed: 50 });
    azure.keyVault.faults.add({ operation: 'listKeys', times: 1, effect: { kind: 'foreignNextLink', host: foreign } });
    const { error, lines } = await app.deliver({ vaultName: 'contoso-prod' });
    expect(error?.message).toMatch(
      /refused to send a request to https:\/\/evil\.vault\.azure\.net.*the token went to no other host/,
    );
    expect(lines.filter(({ event }) => event === 'escrow.key.escrowed')).toHaveLength(25);
  });

  test('by a nextLink loop is noticed', async () => {
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod' }], { speed: 50 });
    azure.keyVault.faults.add({ operation: 'listKeys', effect: { kind: 'loopNextLink' } });
    const { error } = await app.deliver({ vaultName: 'contoso-prod' });
    expect(error?.message).toMatch(/goes round in a circle/);
    expect(
      azure.keyVault.requests.filter(({ operation, status }) => operation === 'listKeys' && status === 200),
    ).toHaveLength(1);
  });
});

describe('a name that tries to lead away', () => {
  test.each([
    ['a dot', 'contoso-prod.evil'],
    ['a slash', 'evil.vault.azure.net/keys'],
    ['an @', 'x@evil.vault.azure.net'],
    ['a hash', 'evil.vault.azure.net#'],
    ['other letters that look alike', 'cоntoso-prod'],
    ['a full-width dot', 'evil．vault'],
    ['a tab', 'contoso-prod\t'],
  ])('with %s in vaultName or id is refused, and asks nobody', async (_what, name) => {
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod' }]);
    for (const body of [{ vaultName: name, name: 'key-1' }, { id: `https://${name}.vault.azure.net/keys/key-1` }]) {
      const { lines, error } = await app.deliver(body);
      expect(error).toBeUndefined();
      // URL parsing drops a tab: that identifier is the configured vault's own.
      const isOwn = 'id' in body && name.endsWith('\t');
      expect(lines.map(({ event }) => event)).toEqual([isOwn ? 'escrow.key.escrowed' : 'escrow.request.refused']);
    }
    expect(new Set(azure.keyVault.requests.map(({ source }) => source)).has(foreign)).toBe(false);
    expect(azure.proxy.refusedHosts).toEqual([]);
  });

  test('in upper case is the same source', async () => {
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod' }]);
    const asked = await app.deliver({ vaultName: 'CONTOSO-PROD', name: 'KEY-1' });
    expect(asked.lines).toMatchObject([{ event: 'escrow.key.escrowed', source: 'vaults/contoso-prod' }]);
    const byId = await app.deliver({ id: 'HTTPS://Contoso-Prod.VAULT.azure.net/keys/Key-1' });
    expect(byId.lines).toMatchObject([{ event: 'escrow.key.escrowed', source: 'vaults/contoso-prod' }]);
  });
});
