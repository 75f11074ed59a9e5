import { beforeEach, describe, expect, test } from 'vitest';
import type { FaultEffect } from '../../local-azure/key-vault/faults.ts';
import { useEscrowApp } from '../support/escrow-scene.ts';
import { lastNight } from '../support/now.ts';

const foreign = 'evil.vault.azure.net';

let night = 0;

const { azure, app } = await useEscrowApp(
  [
    { kind: 'vault', name: 'contoso-prod', keys: Array.from({ length: 30 }, (_, index) => `key-${index}`) },
    { kind: 'vault', name: 'contoso-web', keys: ['web'] },
    // Reachable, but no source of the product: what a hostile vault would want to lead to.
    { kind: 'vault', name: 'evil' },
  ],
  [{ vaultName: 'contoso-prod' }],
  { speed: 50 },
);

beforeEach(() => {
  azure.keyVault.faults.clear();
  azure.keyVault.requests.length = 0;
});

const nextLink = (host: string): FaultEffect => ({ kind: 'foreignNextLink', host });
const redirect = (origin: string): FaultEffect => ({ kind: 'redirect', location: `${origin}/keys?api-version=7.6` });
const misleading: readonly (readonly [string, FaultEffect])[] = [
  ['a nextLink to another vault', nextLink(foreign)],
  ['a nextLink to a configured vault that is not its own', nextLink('contoso-web.vault.azure.net')],
  ['a nextLink to a host that only looks like it', nextLink('contoso-prod.vault.azure.net.evil.example')],
  ['a nextLink to another port', nextLink('contoso-prod.vault.azure.net:8443')],
  ['a nextLink with a user in front of another host', nextLink('contoso-prod.vault.azure.net@evil.vault.azure.net')],
  ['a redirect to another vault', redirect(`https://${foreign}`)],
  ['a redirect to plain http', redirect('http://contoso-prod.vault.azure.net')],
];

describe('a vault that leads away from itself', () => {
  test.each(misleading)('by %s gets no request, so no token, to that place', async (_what, effect) => {
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
    azure.keyVault.faults.add({ operation: 'listKeys', times: 1, effect: nextLink(foreign) });
    const { error, lines } = await app.deliver({ vaultName: 'contoso-prod' });
    expect(error?.message).toMatch(
      /refused to send a request to https:\/\/evil\.vault\.azure\.net.*the token went to no other host/,
    );
    expect(lines.filter(({ event }) => event === 'escrow.key.escrowed')).toHaveLength(25);
  });

  test('by a nextLink loop is noticed', async () => {
    azure.keyVault.faults.add({ operation: 'listKeys', effect: { kind: 'loopNextLink' } });
    const { error } = await app.deliver({ vaultName: 'contoso-prod' });
    expect(error?.message).toMatch(/goes round in a circle/);
    expect(
      azure.keyVault.requests.filter(({ operation, status }) => operation === 'listKeys' && status === 200),
    ).toHaveLength(1);
  });
});
