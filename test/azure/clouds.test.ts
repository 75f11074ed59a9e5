import { expect, test } from 'vitest';
import { clouds } from '../../src/azure/clouds.ts';

// https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes-for-object-identifiers
test.each([
  [
    'AzureCloud',
    'vault.azure.net',
    'managedhsm.azure.net',
    'https://login.microsoftonline.com',
    'https://management.azure.com',
  ],
  [
    'AzureChinaCloud',
    'vault.azure.cn',
    'managedhsm.azure.cn',
    'https://login.chinacloudapi.cn',
    'https://management.chinacloudapi.cn',
  ],
  [
    'AzureUSGovernment',
    'vault.usgovcloudapi.net',
    'managedhsm.usgovcloudapi.net',
    'https://login.microsoftonline.us',
    'https://management.usgovcloudapi.net',
  ],
])(
  '%s has the suffixes and the endpoints that Microsoft publishes',
  (name, vault, managedHsm, authorityHost, resourceManager) => {
    expect(clouds).toHaveProperty(name, { suffixes: { vault, managedHsm }, authorityHost, resourceManager });
  },
);

test('no suffix is the end of another, so that a host belongs to one cloud and one kind of source', () => {
  const suffixes = Object.values(clouds).flatMap(({ suffixes: { vault, managedHsm } }) => [vault, managedHsm]);
  for (const suffix of suffixes) {
    expect(suffixes.filter((other) => suffix === other || suffix.endsWith(`.${other}`))).toEqual([suffix]);
  }
});
