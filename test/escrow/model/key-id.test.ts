import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseKeyId, sourceUrl } from '../../../src/escrow/model/key-id.ts';
import { publicSuffixes } from '../../support/escrow-sources.ts';

const prod = { kind: 'vault', name: 'contoso-prod' } as const;
const version = '0123456789abcdef0123456789abcdef';

describe('a key identifier', () => {
  test.each([
    ['https://contoso-prod.vault.azure.net/keys/signing', { source: prod, name: 'signing' }],
    ['https://contoso-prod.vault.azure.net/keys/signing/', { source: prod, name: 'signing' }],
    [`https://contoso-prod.vault.azure.net/keys/Signing/${version}`, { source: prod, name: 'Signing', version }],
    ['https://contoso-prod.vault.azure.net:443/keys/signing', { source: prod, name: 'signing' }],
    ['https://CONTOSO-Prod.Vault.Azure.Net/keys/signing', { source: prod, name: 'signing' }],
    [
      'https://contoso-hsm.managedhsm.azure.net/keys/payments',
      { source: { kind: 'managedHsm', name: 'contoso-hsm' }, name: 'payments' },
    ],
  ])('%s is read', (id, expected) => {
    expect(parseKeyId(id, publicSuffixes)).toEqual(expected);
  });

  test.each([
    '',
    'signing',
    'http://contoso-prod.vault.azure.net/keys/signing',
    'ftp://contoso-prod.vault.azure.net/keys/signing',
    'https://contoso-prod.vault.azure.net',
    'https://contoso-prod.vault.azure.net/keys',
    'https://contoso-prod.vault.azure.net/keys/',
    'https://contoso-prod.vault.azure.net/secrets/signing',
    'https://contoso-prod.vault.azure.net/Keys/signing',
    'https://contoso-prod.vault.azure.net/keys/sign_ing',
    'https://contoso-prod.vault.azure.net/keys/signing/../../secrets/x',
    'https://contoso-prod.vault.azure.net/keys/signing/not-a-version',
    `https://contoso-prod.vault.azure.net/keys/signing/${version}/more`,
    'https://contoso-prod.vault.azure.net:8443/keys/signing',
    'https://contoso-prod.vault.azure.net/keys/signing?api-version=7.4',
    'https://contoso-prod.vault.azure.net/keys/signing#x',
    'https://user@contoso-prod.vault.azure.net/keys/signing',
    'https://contoso-prod.vault.azure.net@evil.example/keys/signing',
    'https://contoso-prod.vault.azure.net.evil.example/keys/signing',
    'https://evil.example/https://contoso-prod.vault.azure.net/keys/signing',
    'https://a.contoso-prod.vault.azure.net/keys/signing',
    'https://.vault.azure.net/keys/signing',
    'https://vault.azure.net/keys/signing',
    'https://contosovault.azure.net/keys/signing',
    'https://contoso-prod.vault.azure.cn/keys/signing',
    'https://contoso-prod.vault.azure.net./keys/signing',
    'https://cöntoso.vault.azure.net/keys/signing',
    'https://127.0.0.1/keys/signing',
    'https://[::1]/keys/signing',
  ])('%s is refused', (id) => {
    expect(parseKeyId(id, publicSuffixes)).toBeUndefined();
  });

  test('built from a source and a name gives both back, and whatever parses is such a source and name', () => {
    const sources = fc.record({
      kind: fc.constantFrom('vault' as const, 'managedHsm' as const),
      name: fc.stringMatching(/^[a-z](-?[a-z0-9]){2,11}$/).filter((name) => !name.startsWith('xn--')),
    });
    fc.assert(
      fc.property(sources, fc.stringMatching(/^[0-9a-zA-Z-]{1,127}$/), (source, name) => {
        const id = `${sourceUrl(source, publicSuffixes)}/keys/${name}`;
        expect(parseKeyId(id, publicSuffixes)).toEqual({ source, name });
        expect(parseKeyId(`${id}/${version}`, publicSuffixes)).toEqual({ source, name, version });
      }),
      { numRuns: 1000 },
    );
  });
});
