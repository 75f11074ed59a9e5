import { readFile } from 'node:fs/promises';
import { KeyClient } from '@azure/keyvault-keys';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import type { TestAzure } from './local-azure.ts';

let vaults = 0;

/** Whether the SDK's own `restoreKeyBackup` takes a file as it is, in a vault of its own. Nothing of this product has a part in it. */
export async function restoreInto(azure: TestAzure, identity: LocalIdentity, file: string): Promise<boolean> {
  const name = `restored-${vaults++}`;
  azure.keyVault.addSource({ kind: 'vault', name });
  const client = new KeyClient(`https://${name}.vault.azure.net`, azure.credential(identity));
  const key = await client.restoreKeyBackup(await readFile(file));
  return key.properties.vaultUrl === `https://${name}.vault.azure.net`;
}
