import { DefaultAzureCredential } from '@azure/identity';
import { KeyClient } from '@azure/keyvault-keys';
import { BlobServiceClient } from '@azure/storage-blob';
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

  test('lets the unchanged SDK write to the container that is there, as the application', async () => {
    const { origin } = new URL(azure.containerUrl);
    const container = new BlobServiceClient(origin, new DefaultAzureCredential()).getContainerClient(
      azure.containerName,
    );
    await container.getBlockBlobClient('hello').upload('x', 1);
    expect(azure.storage.requests.at(-1)).toMatchObject({ operation: 'putBlob', identity: 'app', status: 201 });
  });

  test('knows no vault that was not added, and no other storage account', async () => {
    for (const url of ['https://contoso-other.vault.azure.net', 'https://other.blob.core.windows.net']) {
      const client = new KeyClient(url, new DefaultAzureCredential(), { retryOptions: { maxRetries: 0 } });
      await expect(client.getKey('signing')).rejects.toThrow();
      expect(azure.proxy.refusedHosts.at(-1)).toBe(`${new URL(url).hostname}:443`);
    }
  });

  test('reaches nobody when a connection to one host is refused, and everybody else still', async () => {
    azure.proxy.setFault('contoso-hsm.managedhsm.azure.net', { kind: 'refuse' });
    const credential = new DefaultAzureCredential();
    const noRetries = { retryOptions: { maxRetries: 0 } };
    const hsm = new KeyClient('https://contoso-hsm.managedhsm.azure.net', credential, noRetries);
    await expect(hsm.getKey('signing')).rejects.toThrow();
    azure.proxy.setFault('contoso-hsm.managedhsm.azure.net', undefined);
    expect((await hsm.getKey('signing')).name).toBe('signing');
  });
});
