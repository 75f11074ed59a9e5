import { beforeEach, describe, expect, test } from 'vitest';
import type { LocalIdentity } from '../../../local-azure/identity/identities.ts';
import { dataActionOf, type KeyVaultOperation } from '../../../local-azure/key-vault/data-actions.ts';
import type { LocalSource } from '../../../local-azure/key-vault/local-source.ts';
import { everyDataAction, type RawRequest, serveKeyVault, useKeyVault } from './served-key-vault.ts';

const served = useKeyVault();
const requests: Record<Exclude<KeyVaultOperation, 'other'>, [path: string, request: RawRequest]> = {
  listKeys: ['/keys', {}],
  getKey: ['/keys/active', {}],
  listVersions: ['/keys/active/versions', {}],
  createKey: ['/keys/new/create', { method: 'POST', body: { kty: 'EC' } }],
  importKey: ['/keys/new', { method: 'PUT', body: { key: { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAA' } } }],
  updateKey: ['/keys/active', { method: 'PATCH', body: { attributes: { enabled: false } } }],
  backupKey: ['/keys/active/backup', { method: 'POST' }],
  restoreKey: ['/keys/restore', { method: 'POST', body: { value: 'AAAA' } }],
  deleteKey: ['/keys/active', { method: 'DELETE' }],
  getDeletedKey: ['/deletedkeys/deleted', {}],
  listDeletedKeys: ['/deletedkeys', {}],
  recoverKey: ['/deletedkeys/deleted/recover', { method: 'POST' }],
  purgeKey: ['/deletedkeys/deleted', { method: 'DELETE' }],
};

describe.each([['vault'], ['managedHsm']] as const)('a %s', (kind) => {
  let source: LocalSource;
  const send = (operation: keyof typeof requests, identity: LocalIdentity) => {
    const [path, request] = requests[operation];
    return served.send(`${source.url}${path}?api-version=7.4`, { ...request, identity });
  };
  beforeEach(() => {
    source = served.service.addSource({ kind, name: 'contoso' });
    source.addKey({ name: 'active' });
    source.addKey({ name: 'deleted' });
    source.deleteKey('deleted');
  });

  test.each(Object.keys(requests) as (keyof typeof requests)[])(
    '%s needs its data action, and no other',
    async (operation) => {
      const needed = dataActionOf(kind, operation);
      const lacking = served.identities.add(
        'lacking',
        everyDataAction.filter((action) => action !== needed),
      );
      const before = [source.keyNames(), source.deletedKeyNames(), source.versions('active')];
      const refused = await send(operation, lacking);
      expect(refused.status).toBe(403);
      expect(refused.json.error.message).toContain(needed);
      expect([source.keyNames(), source.deletedKeyNames(), source.versions('active')]).toEqual(before);
      const having = served.identities.add('having', [needed]);
      expect([200, 204, 400]).toContain((await send(operation, having)).status);
    },
  );
});

test('a vault words a refusal as Azure RBAC does', async () => {
  const vault = served.service.addSource({ kind: 'vault', name: 'contoso', subscriptionId: '1234' });
  const nobody = served.identities.add('nobody', []);
  const { json } = await served.send(`${vault.url}/keys/signing?api-version=7.4`, { identity: nobody });
  expect(json).toEqual({
    error: {
      code: 'Forbidden',
      message: `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid=${nobody.clientId};oid=${nobody.objectId};iss=https://sts.windows.net/0f0e0d0c-0b0a-4908-8706-050403020100/\r\nAction: 'Microsoft.KeyVault/vaults/keys/read'\r\nResource: '/subscriptions/1234/resourcegroups/escrow-local/providers/microsoft.keyvault/vaults/contoso/keys/signing'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: contoso;location=westeurope\r\n`,
      innererror: { code: 'ForbiddenByRbac' },
    },
  });
  await expect(served.client(vault, nobody).getKey('signing')).rejects.toMatchObject({
    statusCode: 403,
    code: 'Forbidden',
    details: { error: { innerError: { code: 'ForbiddenByRbac' } } },
  });
});

test('a Managed HSM words a refusal in its own form, with the activity id', async () => {
  const hsm = served.service.addSource({ kind: 'managedHsm', name: 'contoso' });
  const nobody = served.identities.add('nobody', []);
  const { json, headers } = await served.send(`${hsm.url}/keys?api-version=7.4`, { identity: nobody });
  expect(json).toEqual({
    error: {
      code: 'AccessDenied',
      message: `Not authorized to access Microsoft.KeyVault/managedHsm/keys/read/action on /keys (Activity ID: ${headers['x-ms-request-id']})`,
    },
  });
});

test('the least privilege of the documentation is enough to list and back up, on both kinds', async () => {
  const app = served.identities.add('app', [
    dataActionOf('vault', 'listKeys'),
    dataActionOf('vault', 'backupKey'),
    dataActionOf('managedHsm', 'listKeys'),
    dataActionOf('managedHsm', 'backupKey'),
  ]);
  for (const kind of ['vault', 'managedHsm'] as const) {
    const source = served.service.addSource({ kind, name: 'contoso' });
    source.addKey({ name: 'signing' });
    const client = served.client(source, app);
    expect((await Array.fromAsync(client.listPropertiesOfKeys())).map(({ name }) => name)).toEqual(['signing']);
    expect((await client.backupKey('signing'))?.length).toBeGreaterThan(500);
    await expect(client.beginDeleteKey('signing')).rejects.toMatchObject({ statusCode: 403 });
    await expect(client.restoreKeyBackup(new Uint8Array([1]))).rejects.toMatchObject({ statusCode: 403 });
  }
});

describe('a token', () => {
  const authorization = (audience: string, lifetimeSeconds: number) => ({
    authorization: `Bearer ${served.identities.issueToken(served.owner, audience, lifetimeSeconds)}`,
  });

  test('that is missing is challenged, by a vault with a reason and by an HSM without', async () => {
    const vault = served.service.addSource({ kind: 'vault', name: 'contoso' });
    const hsm = served.service.addSource({ kind: 'managedHsm', name: 'contoso' });
    const fromVault = await served.send(`${vault.url}/keys?api-version=7.4`, {
      identity: null,
      headers: { 'x-ms-client-request-id': 'my-id' },
    });
    expect(fromVault).toMatchObject({
      status: 401,
      headers: {
        'www-authenticate':
          'Bearer authorization="https://login.windows.net/0f0e0d0c-0b0a-4908-8706-050403020100", resource="https://vault.azure.net"',
        'x-ms-client-request-id': 'my-id',
      },
      json: { error: { code: 'Unauthorized', message: 'AKV10000: Request is missing a Bearer or PoP token.' } },
    });
    expect(await served.send(`${hsm.url}/keys?api-version=7.4`, { identity: null })).toMatchObject({
      status: 401,
      headers: {
        'www-authenticate':
          'Bearer authorization="https://login.microsoftonline.com/0f0e0d0c-0b0a-4908-8706-050403020100", resource="https://managedhsm.azure.net"',
      },
      text: '',
    });
  });

  test.each([
    ['expired', 'https://vault.azure.net', -1],
    ['for another audience', 'https://managedhsm.azure.net', 3600],
    ['for a storage account', 'https://storage.azure.com', 3600],
  ])('that is %s is challenged', async (_what, audience, lifetime) => {
    const vault = served.service.addSource({ kind: 'vault', name: 'contoso' });
    const answer = await served.send(`${vault.url}/keys?api-version=7.4`, {
      identity: null,
      headers: authorization(audience, lifetime),
    });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('resource="https://vault.azure.net"');
  });
});

test('other clouds have other host names and audiences', async () => {
  const china = await serveKeyVault({ suffixes: { vault: 'vault.azure.cn', managedHsm: 'managedhsm.azure.cn' } });
  try {
    const vault = china.service.addSource({ kind: 'vault', name: 'contoso' });
    expect(vault.url).toBe('https://contoso.vault.azure.cn');
    expect(china.service.source('vault', 'Contoso')?.url).toBe(vault.url);
    expect(china.service.source('managedHsm', 'contoso')).toBeUndefined();
  } finally {
    await china.stop();
  }
});
