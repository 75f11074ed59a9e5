import { beforeEach } from 'vitest';
import type { LocalSource } from '../../../../local-azure/key-vault/local-source.ts';
import { europe, useEscrow } from '../../../support/escrow-scene.ts';
import { useFolder } from '../../../support/temporary-folder.ts';

export type RestoreScene = Awaited<ReturnType<typeof useRestoreScene>>;

/** An estate with last night's backups, vaults to restore to, which are empty before each test, and a folder for receipts. */
export async function useRestoreScene() {
  const folder = await useFolder();
  const { azure, container, cli, night, audit } = await useEscrow(
    [
      {
        kind: 'vault',
        name: 'contoso-prod',
        ...europe,
        keys: [
          { name: 'signing', versions: 3, tags: { owner: 'platform' } },
          { name: 'Payroll', enabled: false },
          { name: 'www-cert', managed: true },
          ...Array.from({ length: 20 }, (_, index) => `tenant-${index + 10}`),
        ],
      },
      { kind: 'vault', name: 'contoso-dr', ...europe },
      { kind: 'vault', name: 'contoso-us', ...europe, geography: 'us' },
      { kind: 'managedHsm', name: 'contoso-hsm', securityDomain: 'one', keys: [{ name: 'payments', versions: 2 }] },
      { kind: 'managedHsm', name: 'other-hsm', securityDomain: 'two' },
    ],
    [
      { vaultName: 'contoso-prod', ...europe },
      { hsmName: 'contoso-hsm', securityDomain: 'one' },
    ],
  );
  const vault = (name: string): LocalSource => (name.endsWith('hsm') ? azure.hsm(name) : azure.vault(name));
  await night();
  // Until every key has had its turn to be looked at.
  for (let audits = 0; audits < 6; audits++) await audit();

  beforeEach(() => {
    azure.keyVault.faults.clear();
    for (const name of ['contoso-dr', 'contoso-us', 'other-hsm']) {
      for (const key of [...vault(name).keyNames(), ...vault(name).deletedKeyNames()]) vault(name).purgeKey(key);
    }
  });

  return {
    ...{ azure, container, folder, cli, vault },
    versionIds: (vaultName: string, key: string) =>
      vault(vaultName)
        .versions(key)
        .map(({ id }) => id),
  };
}
