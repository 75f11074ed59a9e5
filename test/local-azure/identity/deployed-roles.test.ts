import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { appDataActions } from '../../../local-azure/identity/deployed-roles.ts';

// The roles on vaults and containers are compared with the deployment in test/infra/roles.test.ts.
test('the application may do on a Managed HSM in the local Azure exactly what the script for it grants', async () => {
  const script = new URL('../../../infra/scripts/grant-hsm-access.sh', import.meta.url);
  const granted = (await readFile(script, 'utf8')).match(/Microsoft\.KeyVault\/managedHsm\/keys\/[a-z/]+/gi);
  const local = appDataActions.filter((action) => action.includes('/managedHsm/'));
  expect(new Set(local)).toEqual(new Set(granted));
});
