import { DefaultAzureCredential } from '@azure/identity';
import { KeyClient } from '@azure/keyvault-keys';
import { BlobServiceClient } from '@azure/storage-blob';
import { describe, expect, test } from 'vitest';
import { viewContainer } from '../support/container-view.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { now } from '../support/now.ts';

const sources = [
  ['vault', 'https://contoso-prod.vault.azure.net'],
  ['Managed HSM', 'https://contoso-hsm.managedhsm.azure.net'],
] as const;

/** A client with the application's own token, gotten as the application gets it. */
function keysOf(url: string): KeyClient {
  return new KeyClient(url, new DefaultAzureCredential(), { retryOptions: { maxRetries: 0 } });
}

const keys = ['signing', 'deleted'];
const azure = await useTestAzure({
  sources: [
    { kind: 'vault', name: 'contoso-prod', keys },
    { kind: 'managedHsm', name: 'contoso-hsm', keys },
  ],
});
azure.vault('contoso-prod').deleteKey('deleted');
azure.hsm('contoso-hsm').deleteKey('deleted');
const overseer = viewContainer(azure);
const url = new URL(azure.containerUrl);
const account = new BlobServiceClient(url.origin, new DefaultAzureCredential(), { retryOptions: { maxTries: 1 } });
const escrow = account.getContainerClient(url.pathname.slice(1));
const backup = (await keysOf(sources[0][1]).backupKey('signing')) ?? new Uint8Array();
await escrow.getBlockBlobClient('vaults/contoso-prod/signing/record').upload('as it was', 9);

describe.each(sources)("with the deployed application's token, a %s", (_kind, url) => {
  test('lists, reads and backs up keys', async () => {
    const names: string[] = [];
    for await (const { name } of keysOf(url).listPropertiesOfKeys()) names.push(name);
    expect(names).toEqual(['signing']);
    expect((await keysOf(url).getKey('signing')).name).toBe('signing');
    expect((await keysOf(url).backupKey('signing'))?.length).toBeGreaterThan(500);
  });

  test.each([
    ['restore', (client: KeyClient) => client.restoreKeyBackup(backup)],
    ['delete', (client: KeyClient) => client.beginDeleteKey('signing')],
    ['purge', (client: KeyClient) => client.purgeDeletedKey('deleted')],
    ['recover', (client: KeyClient) => client.beginRecoverDeletedKey('deleted')],
    ['create', (client: KeyClient) => client.createKey('new', 'EC')],
    ['rotate', (client: KeyClient) => client.createKey('signing', 'EC')],
    ['disable', (client: KeyClient) => client.updateKeyProperties('signing', { enabled: false })],
    ['re-tag', (client: KeyClient) => client.updateKeyProperties('signing', { tags: { owner: 'me' } })],
  ])('refuses to %s', async (_what, act) => {
    await expect(act(keysOf(url))).rejects.toMatchObject({ statusCode: 403 });
  });

  test('is as it was after all that', async () => {
    const key = await keysOf(url).getKey('signing');
    expect(key.properties).toMatchObject({ enabled: true });
    expect(key.properties.tags ?? {}).toEqual({});
  });
});

describe("with the deployed application's token, the escrow container", () => {
  const record = () => escrow.getBlockBlobClient('vaults/contoso-prod/signing/record');

  test('takes a new blob, and lets it be read', async () => {
    await escrow.getBlockBlobClient('new').upload('x', 1, { conditions: { ifNoneMatch: '*' } });
    expect((await escrow.getBlobClient('new').downloadToBuffer()).toString()).toBe('x');
  });

  test.each([
    ['an overwrite', () => record().upload('forged', 6)],
    ['an overwrite by blocks', () => record().stageBlock('AAAA', 'forged', 6)],
    ['a commit of blocks', () => record().commitBlockList([])],
    ['an overwrite by copy', () => record().syncCopyFromURL(escrow.getBlobClient('new').url)],
    ['a deletion', () => record().delete()],
    ['tags', () => record().setTags({ owner: 'me' })],
    ['tags on a new blob', () => escrow.getBlockBlobClient('tagged').upload('x', 1, { tags: { owner: 'me' } })],
    ['other metadata', () => record().setMetadata({ sha256: 'forged' })],
    ['other headers', () => record().setHTTPHeaders({ blobContentType: 'text/html' })],
    ['a lease', () => record().getBlobLeaseClient().acquireLease(-1)],
    ['a shorter retention', () => record().setImmutabilityPolicy({ expiriesOn: now() })],
    ['no legal hold', () => record().setLegalHold(false)],
    ['its own deletion', () => escrow.delete()],
  ])('refuses %s', async (_what, act) => {
    await expect(act()).rejects.toMatchObject({ statusCode: 403 });
  });

  test('holds the record as it was after all that', async () => {
    expect((await overseer.read('vaults/contoso-prod/signing/record')).toString()).toBe('as it was');
    const [seen] = await overseer.list('vaults/');
    expect(seen?.metadata).toEqual({});
    expect(await overseer.names()).not.toContain('tagged');
  });
});
