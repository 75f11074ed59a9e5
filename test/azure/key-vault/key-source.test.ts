import { expect, test } from 'vitest';
import { sourceKeyOf } from '../../../src/azure/key-vault/key-source.ts';

const url = 'https://contoso-prod.vault.azure.net';
const told = (name: string, vaultUrl = url) => ({ name, vaultUrl, id: `${vaultUrl}/keys/${name}/0123456789abcdef` });

test('a key is reported with its identifier without version, in the casing of the service', () => {
  expect(sourceKeyOf(told('Signing'), url)).toMatchObject({ name: 'Signing', id: `${url}/keys/Signing` });
  expect(sourceKeyOf(told('Signing', 'https://Contoso-Prod.vault.azure.net'), url).id).toMatch(/Contoso-Prod/);
});

test.each([
  ['of another vault', told('signing', 'https://contoso-web.vault.azure.net')],
  ['of a host that only looks like it', told('signing', `${url}.evil.example`)],
  ['with a name that would leave its folder', told('..')],
  ['with a name that no key can have', told('a b')],
])('a key %s is taken from no answer', (_, properties) => {
  expect(() => sourceKeyOf(properties, url)).toThrow(expect.objectContaining({ code: 'ForeignKey' }));
});
