import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { appDataActions } from '../../../local-azure/identity/deployed-roles.ts';

/** The value of the first property of that name, however deep in the template. */
function findProperty(node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null) return undefined;
  if (name in node) return (node as Record<string, unknown>)[name];
  for (const child of Object.values(node)) {
    const found = findProperty(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

test('the application may do in the local Azure exactly what infra/ lets it do to vaults, HSMs and blobs', async () => {
  const root = new URL('../../../infra/', import.meta.url);
  const template: unknown = JSON.parse(await readFile(new URL('azuredeploy.json', root), 'utf8'));
  const hsmScript = await readFile(new URL('scripts/grant-hsm-access.sh', root), 'utf8');
  const roles = ['vaultBackup', 'recordCreation'].flatMap(
    (role) => (findProperty(template, role) as { dataActions: string[] }).dataActions,
  );
  const hsm = [...new Set(hsmScript.match(/Microsoft\.KeyVault\/managedHsm\/keys\/[a-z/]+/gi))];
  const local = appDataActions.filter((action) => !action.includes('/queueServices/'));
  expect([...local].sort()).toEqual([...roles, ...hsm].sort());
});
