import { generateKeyPairSync, type JsonWebKey as NodeJsonWebKey } from 'node:crypto';
import type { JsonWebKey } from '@azure/keyvault-keys';
import { beforeEach, describe, expect, test } from 'vitest';
import type { LocalSource } from '../../../local-azure/key-vault/local-source.ts';
import { lastNight } from '../../support/now.ts';
import { useKeyVault } from './served-key-vault.ts';

const served = useKeyVault();
const kinds = [['vault'], ['managedHsm']] as const;

describe.each(kinds)('the unchanged SDK on a %s', (kind) => {
  let source: LocalSource;
  beforeEach(() => {
    source = served.service.addSource({ kind, name: 'contoso' });
  });

  test('creates a key, reads it under any casing, and adds a version under the same name', async () => {
    const client = served.client(source);
    const first = await client.createKey('Signing', 'EC', { curve: 'P-256', tags: { purpose: 'test' } });
    const second = await client.createKey('signing', 'EC', { curve: 'P-256' });
    expect(first.keyType).toBe(kind === 'vault' ? 'EC' : 'EC-HSM');
    expect(first.id).toMatch(new RegExp(`^${source.url}/keys/Signing/[0-9a-f]{32}$`));
    expect((await client.getKey('SIGNING')).id).toBe(second.id);
    expect(second.name).toBe('Signing');
    const older = await client.getKey('signing', { version: first.properties.version as string });
    expect(older.properties.tags).toEqual({ purpose: 'test' });
    expect(older.key?.x).toEqual(first.key?.x);
    expect(older.key?.x).not.toEqual(second.key?.x);
    expect(source.versions('signing').map(({ kid }) => kid)).toEqual([first.id, second.id]);
  });

  test('lists no versions of a key that is not there, deleted ones among them, and answers 200', async () => {
    source.addKey({ name: 'payroll', versions: 2 });
    const client = served.client(source);
    expect(await Array.fromAsync(client.listPropertiesOfKeyVersions('payroll'))).toHaveLength(2);
    source.deleteKey('payroll');
    expect(await Array.fromAsync(client.listPropertiesOfKeyVersions('payroll'))).toEqual([]);
    expect(await Array.fromAsync(client.listPropertiesOfKeyVersions('never-there'))).toEqual([]);
  });

  test('refuses with 409 what meets another operation on the key, for as long as that goes on', async () => {
    const client = served.client(source);
    await client.createKey('signing', 'EC');
    source.setOperationLag(2);
    await (await client.beginDeleteKey('signing', { intervalInMs: 1 })).pollUntilDone();
    for (let call = 0; call < 2; call++) {
      await expect(client.purgeDeletedKey('signing')).rejects.toMatchObject({ statusCode: 409, code: 'Conflict' });
    }
    await client.purgeDeletedKey('signing');
    expect(source.deletedKeyNames()).toEqual([]);
  });

  test('imports a key that was made elsewhere', async () => {
    const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const bytes = (member: keyof NodeJsonWebKey) => Buffer.from(jwk[member] as string, 'base64url');
    const key = { kty: 'EC', crv: 'P-256', x: bytes('x'), y: bytes('y'), d: bytes('d') } as JsonWebKey;
    const imported = await served.client(source).importKey('brought', key);
    expect(Buffer.from(imported.key?.x as Uint8Array).toString('base64url')).toBe(jwk.x);
    await expect(served.client(source).importKey('bad', { kty: 'EC', crv: 'P-256' })).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  test('updates the attributes and tags of one version and leaves the rest as it is', async () => {
    source.addKey({ name: 'payroll', versions: 2, tags: { a: '1' } });
    const [older] = source.versions('payroll');
    const expiresOn = lastNight(-300);
    const updated = await served
      .client(source)
      .updateKeyProperties('payroll', older?.id as string, { enabled: false, expiresOn });
    expect(updated.properties).toMatchObject({ enabled: false, expiresOn, tags: { a: '1' } });
    expect(source.versions('payroll')[1]?.attributes).toMatchObject({ enabled: true });
  });

  test('deletes, shows, recovers and purges a key, whose name is not free in between', async () => {
    source.addKey({ name: 'gone' });
    const client = served.client(source);
    const [version] = source.versions('gone');
    const deleted = await (await client.beginDeleteKey('gone', { intervalInMs: 0 })).pollUntilDone();
    expect(deleted.properties.recoveryId).toBe(`${source.url}/deletedkeys/gone`);
    const retention = Number(deleted.properties.scheduledPurgeDate) - Number(deleted.properties.deletedOn);
    expect(retention / 86_400_000).toBe(kind === 'vault' ? 90 : 7);
    await expect(client.getKey('gone')).rejects.toMatchObject({ code: 'KeyNotFound', statusCode: 404 });
    await expect(client.createEcKey('gone')).rejects.toMatchObject({ code: 'Conflict', statusCode: 409 });
    expect((await Array.fromAsync(client.listDeletedKeys())).map(({ name }) => name)).toEqual(['gone']);

    await (await client.beginRecoverDeletedKey('gone', { intervalInMs: 0 })).pollUntilDone();
    expect((await client.getKey('gone')).properties.version).toBe(version?.id);

    await (await client.beginDeleteKey('gone', { intervalInMs: 0 })).pollUntilDone();
    await client.purgeDeletedKey('gone');
    await expect(client.getDeletedKey('gone')).rejects.toMatchObject({ statusCode: 404 });
    expect(source.deletedKeyNames()).toEqual([]);
  });

  test('shows no public part of a symmetric key', async () => {
    source.addKey({ name: 'master', kty: 'oct-HSM', keySize: 256 });
    expect((await served.client(source).getKey('master')).keyType).toBe('oct-HSM');
    const { json } = await served.send(`${source.url}/keys/master?api-version=7.4`);
    expect(Object.keys(json.key)).toEqual(['kid', 'kty', 'key_ops']);
  });

  test('gives the versions of one RSA key different moduli', async () => {
    source.addKey({ name: 'rsa', kty: 'RSA-HSM', versions: 9 });
    const moduli = source.versions('rsa').map(({ publicJwk }) => publicJwk.n);
    expect(new Set(moduli).size).toBe(9);
    expect(source.versions('rsa').map(({ publicJwk }) => publicJwk.n)).toEqual(moduli);
  });

  test('lists what a disabled, an expired and a certificate-backed key are', async () => {
    const past = lastNight(300);
    source.addKey({ name: 'disabled', enabled: false });
    source.addKey({ name: 'expired', expiresOn: past, notBefore: lastNight(600) });
    source.addKey({ name: 'of-a-certificate', managed: true });
    const listed = await Array.fromAsync(served.client(source).listPropertiesOfKeys());
    expect(listed).toMatchObject([
      { name: 'disabled', enabled: false },
      { name: 'expired', enabled: true, expiresOn: past },
      { name: 'of-a-certificate', managed: true },
    ]);
    expect(listed[0]?.version ?? '').toBe('');
    await expect(served.client(source).backupKey('of-a-certificate')).rejects.toMatchObject({
      statusCode: 403,
      code: 'Forbidden',
      message: expect.stringContaining('Operation "backup" is not allowed on this Key, since it is associated with a'),
    });
  });
});

test('a deleted key shows up only after the lag that the service has', async () => {
  const source = served.service.addSource({ kind: 'vault', name: 'slow' });
  source.addKey({ name: 'key' });
  source.setDeletionLag(2);
  await (await served.client(source).beginDeleteKey('key', { intervalInMs: 0 })).pollUntilDone();
  const reads = served.service.requests.filter(({ operation }) => operation === 'getDeletedKey');
  expect(reads.map(({ status }) => status)).toEqual([404, 404, 200]);
});

test('a host that was not added has its connection cut, and is recorded', async () => {
  await expect(served.send('https://nobody.vault.azure.net/keys?api-version=7.4')).rejects.toThrow('socket hang up');
  expect(served.service.requests).toMatchObject([{ source: 'nobody.vault.azure.net', status: 0 }]);
});

test('records who requested what and how it ended', async () => {
  const source = served.service.addSource({ kind: 'vault', name: 'contoso' });
  source.addKey({ name: 'Signing' });
  await served.client(source).getKey('Signing');
  expect(served.service.requests).toMatchObject([
    { operation: 'getKey', keyName: 'Signing', status: 401, authenticated: false, identity: undefined },
    { operation: 'getKey', keyName: 'Signing', status: 200, authenticated: true, identity: 'owner' },
  ]);
  expect(served.service.requests[1]?.path).toContain('api%2Dversion=');
});

test.each([
  ['no api-version', 'GET', '/keys', undefined, 400, 'BadParameter'],
  ['an api-version that does not exist', 'GET', '/keys?api-version=7.9', undefined, 400, 'BadParameter'],
  ['no api-version where a vault goes on with a listing', 'GET', '/keys?$skiptoken=x', undefined, 400, 'BadParameter'],
  ['an invalid name', 'GET', '/keys/a_b?api-version=7.4', undefined, 400, 'BadParameter'],
  ['too large a page', 'GET', '/keys?api-version=7.4&maxresults=26', undefined, 400, 'BadParameter'],
  ['an unknown key type', 'POST', '/keys/a/create?api-version=7.4', { kty: 'DSA' }, 400, 'BadParameter'],
  ['what the stand-in does not carry out', 'POST', '/keys/a/v/sign?api-version=7.4', {}, 501, 'NotImplemented'],
])('refuses %s', async (_what, method, path, body, status, code) => {
  const source = served.service.addSource({ kind: 'vault', name: 'contoso' });
  const answer = await served.send(source.url + path, { method, body });
  expect(answer).toMatchObject({ status, json: { error: { code } } });
});
