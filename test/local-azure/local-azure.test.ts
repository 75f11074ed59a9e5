import { DefaultAzureCredential } from '@azure/identity';
import { KeyClient } from '@azure/keyvault-keys';
import { afterAll, describe, expect, test } from 'vitest';
import { useTestAzure } from '../support/local-azure.ts';

// Registered first, so it runs last, when the local Azure has stopped.
afterAll(() => {
  expect([process.env.ESCROW_TEST_SETTING, process.env.IDENTITY_HEADER]).toEqual([undefined, undefined]);
});

const azure = await useTestAzure({
  sources: [
    { kind: 'vault', name: 'contoso-prod', keys: ['signing'] },
    { kind: 'managedHsm', name: 'contoso-hsm', keys: ['signing'] },
  ],
  env: { ESCROW_TEST_SETTING: 'set' },
});

describe('the local Azure, reached by environment alone', () => {
  test.each([
    ['vault', 'https://contoso-prod.vault.azure.net'],
    ['Managed HSM', 'https://contoso-hsm.managedhsm.azure.net'],
  ])('lets the unchanged SDK back up a key of a %s as the application', async (_kind, url) => {
    const client = new KeyClient(url, new DefaultAzureCredential());
    expect((await client.backupKey('signing'))?.length).toBeGreaterThan(500);
    await expect(client.beginDeleteKey('signing')).rejects.toMatchObject({ statusCode: 403 });
  });

  test('knows no vault that was not added, and no other storage account', async () => {
    for (const url of ['https://contoso-other.vault.azure.net', 'https://other.blob.core.windows.net']) {
      const client = new KeyClient(url, new DefaultAzureCredential(), { retryOptions: { maxRetries: 0 } });
      await expect(client.getKey('signing')).rejects.toThrow();
      expect(azure.proxy.refusedHosts.at(-1)).toBe(`${new URL(url).hostname}:443`);
    }
  });
});
