import { expect, test } from 'vitest';
import { adoptEnvironment } from '../../local-azure/demonstration/adopt-environment.ts';
import { startLocalAzure } from '../../local-azure/local-azure.ts';
import { clouds } from '../../src/azure/clouds.ts';
import { viewContainer } from '../support/container-view.ts';
import { startEscrowApp } from '../support/escrow-app.ts';
import { lastNight } from '../support/now.ts';

// One per file: the managed identity credential remembers the first endpoint that it saw. The other cloud differs in data only.
test('the nightly run and a request by key identifier, in AzureChinaCloud under its own suffixes', async () => {
  const cloud = clouds.AzureChinaCloud.suffixes;
  const queueName = 'key-escrow-requests';
  await using azure = await startLocalAzure({
    account: 'escrowchina',
    container: 'key-escrow',
    queues: [queueName],
    sources: [
      { kind: 'vault', name: 'contoso-prod' },
      { kind: 'managedHsm', name: 'contoso-hsm' },
    ],
    suffixes: {
      ...cloud,
      blob: 'blob.core.chinacloudapi.cn',
      queue: 'queue.core.chinacloudapi.cn',
      resourceManager: 'chinacloudapi.cn',
    },
  });
  azure.keyVault.source('vault', 'contoso-prod')?.addKey({ name: 'signing' });
  azure.keyVault.source('managedHsm', 'contoso-hsm')?.addKey({ name: 'payments' });
  const leave = adoptEnvironment(azure);
  try {
    const place = { ...azure, queueName };
    const sources = [{ vaultName: 'contoso-prod' }, { hsmName: 'contoso-hsm' }];
    const app = await startEscrowApp(place, sources, { settings: { AZURE_CLOUD: 'AzureChinaCloud' } });
    const container = viewContainer(place);

    expect((await app.nightly(lastNight())).error).toBeUndefined();
    const records = await container.records();
    expect(records.map(({ metadata }) => metadata.keyid)).toEqual([
      'https://contoso-hsm.managedhsm.azure.cn/keys/payments',
      'https://contoso-prod.vault.azure.cn/keys/signing',
    ]);

    const own = await app.deliver({ id: 'https://contoso-prod.vault.azure.cn/keys/signing' });
    expect(own.lines.map(({ event }) => event)).toEqual(['escrow.key.escrowed']);
    const foreign = await app.deliver({ id: 'https://contoso-prod.vault.azure.net/keys/signing' });
    expect(foreign.lines).toMatchObject([
      {
        event: 'escrow.request.refused',
        reason: expect.stringContaining('https://<vault>.vault.azure.cn/keys/<name>'),
      },
    ]);
    expect(azure.proxy.refusedHosts).toEqual([]);
    expect([...azure.proxy.connections.keys()].sort()).toEqual([
      'contoso-hsm.managedhsm.azure.cn',
      'contoso-prod.vault.azure.cn',
      'escrowchina.blob.core.chinacloudapi.cn',
    ]);
  } finally {
    leave();
  }
});
