import { KeyClient, type KeyVaultKey } from '@azure/keyvault-keys';
import { describe, expect, test, vi } from 'vitest';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { digestOf } from '../support/container-view.ts';
import { useEscrowApp } from '../support/escrow-scene.ts';
import { lastNight } from '../support/now.ts';

const runId = scheduledRunId(lastNight());
const expiresOn = lastNight(-200);

const key = { versions: 3, tags: { owner: 'platform', tier: '1' }, expiresOn };
const vaultKeys = [
  { name: 'Signing', kty: 'RSA', ...key },
  { name: 'curve', curve: 'P-521', enabled: false, ...key },
] as const;
const { azure, container, app } = await useEscrowApp(
  [
    { kind: 'vault', name: 'contoso-prod', keys: vaultKeys },
    { kind: 'managedHsm', name: 'contoso-hsm', keys: [{ name: 'payments', kty: 'EC-HSM', ...key }] },
  ],
  [{ vaultName: 'contoso-prod' }, { hsmName: 'contoso-hsm' }],
);

/** Every version with its public key, as the service shows them; what may change with the current time left out. */
async function describeVersions(client: KeyClient, name: string): Promise<unknown[]> {
  const versions: KeyVaultKey[] = [];
  for await (const { version } of client.listPropertiesOfKeyVersions(name)) {
    versions.push(await client.getKey(name, version === undefined ? {} : { version }));
  }
  return versions
    .map(({ key, keyOperations, properties: { id, enabled, createdOn, updatedOn, expiresOn: until, tags } }) => ({
      ...{ id, key, keyOperations, enabled, createdOn, updatedOn, until, tags },
    }))
    .sort((left, right) => (left.id ?? '').localeCompare(right.id ?? ''));
}

describe('a key that was escrowed, deleted and purged', () => {
  test('has an escrow blob of exactly the bytes that the SDK decoded', async () => {
    using backupKey = vi.spyOn(KeyClient.prototype, 'backupKey');
    expect((await app.nightly(lastNight())).error).toBeUndefined();
    const decoded = await Promise.all(backupKey.mock.results.map(({ value }) => value as Promise<Uint8Array>));
    const digests = new Set(decoded.map((bytes) => digestOf('sha256', bytes, 'hex')));

    const records = (await container.records()).map(({ name }) => name);
    expect(records).toHaveLength(3);
    const stored = await Promise.all(records.map((name) => container.read(name)));
    expect(new Set(stored.map((bytes) => digestOf('sha256', bytes, 'hex')))).toEqual(digests);
  });

  test.each([
    ['vault', 'RSA', 'https://contoso-prod.vault.azure.net', 'Signing', 'vaults/contoso-prod/signing'],
    ['vault', 'disabled EC', 'https://contoso-prod.vault.azure.net', 'curve', 'vaults/contoso-prod/curve'],
    ['Managed HSM', 'EC', 'https://contoso-hsm.managedhsm.azure.net', 'payments', 'managed-hsms/contoso-hsm/payments'],
  ])(
    'comes back to its %s by the plain SDK (%s): same kids, public keys, attributes and tags',
    async (_kind, _type, url, name, folder) => {
      const client = new KeyClient(url, azure.credential(azure.identities.operator));
      const before = await describeVersions(client, name);
      expect(before).toHaveLength(3);

      const deletion = await client.beginDeleteKey(name, { intervalInMs: 1 });
      await deletion.pollUntilDone();
      await client.purgeDeletedKey(name);
      await expect(client.getKey(name)).rejects.toMatchObject({ statusCode: 404 });
      await expect(client.getDeletedKey(name)).rejects.toMatchObject({ statusCode: 404 });

      const downloaded = await container.read(`${folder}/${runId}.keybackup`);
      const restored = await client.restoreKeyBackup(downloaded);
      expect(restored.name.toLowerCase()).toBe(name.toLowerCase());
      expect(await describeVersions(client, name)).toEqual(before);
    },
  );
});
