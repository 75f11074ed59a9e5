import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { sealBackup } from '../../../local-azure/key-vault/backup-envelope.ts';
import type { LocalSource } from '../../../local-azure/key-vault/local-source.ts';
import { lastNight } from '../../support/now.ts';
import { type RawAnswer, useKeyVault } from './served-key-vault.ts';

const served = useKeyVault();
const apiVersion = 'api-version=7.4';

async function backUp(source: LocalSource, name: string): Promise<string> {
  const answer = await served.send(`${source.url}/keys/${name}/backup?${apiVersion}`, { method: 'POST' });
  expect(answer.status).toBe(200);
  return answer.json.value;
}

function restore(source: LocalSource, value: string): Promise<RawAnswer> {
  return served.send(`${source.url}/keys/restore?${apiVersion}`, { method: 'POST', body: { value } });
}

describe('the envelope', () => {
  test('of a vault is the prefix and a five-part JWE, unpadded, of a recorded size', async () => {
    const vault = served.service.addSource({ kind: 'vault', name: 'contoso' });
    vault.addKey({ name: 'signing' });
    const value = await backUp(vault, 'signing');
    expect(value).toMatch(/^JkF6dXJlS2V5VmF1bHRLZXlCYWNrdXBWMS5taWNyb3NvZnQuY29tZXlK[\w-]+$/);
    const text = Buffer.from(value, 'base64url').toString('latin1');
    const parts = text.slice('&AzureKeyVaultKeyBackupV1.microsoft.com'.length).split('.');
    expect(parts.map((part) => part.length > 0)).toEqual([true, true, true, true, true]);
    expect(JSON.parse(Buffer.from(parts[0] as string, 'base64url').toString())).toEqual({
      kid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      alg: 'RSA-OAEP-256',
      enc: 'A256CBC-HS512',
    });
    expect(Math.abs(value.length - 9578)).toBeLessThan(100);
  });

  test('of a Managed HSM is a JWE without a wrapped key, of the recorded size', async () => {
    const hsm = served.service.addSource({ kind: 'managedHsm', name: 'contoso' });
    hsm.addKey({ name: 'payments', kty: 'RSA-HSM' });
    const value = await backUp(hsm, 'payments');
    const [header, wrapped, ...rest] = Buffer.from(value, 'base64url').toString('latin1').split('.');
    expect(Buffer.from(header as string, 'base64url').toString()).toBe(
      '{"alg":"dir","enc":"A256CBC-HS512","kid":"backup-protection-key"}',
    );
    expect([wrapped, rest.length]).toEqual(['', 3]);
    expect(Math.abs(value.length - 22_139)).toBeLessThan(100);
  });

  test('is never the same twice, and shows nothing of the key', async () => {
    const vault = served.service.addSource({ kind: 'vault', name: 'contoso' });
    vault.addKey({ name: 'signing', tags: { owner: 'treasury' } });
    const [first, second] = [await backUp(vault, 'signing'), await backUp(vault, 'signing')];
    const parts = (value: string) => Buffer.from(value, 'base64url').toString('latin1').split('.').slice(-4);
    for (const [at, part] of parts(first).entries()) expect(part).not.toBe(parts(second)[at]);
    expect(Buffer.from(first, 'base64url').toString('latin1')).not.toContain('treasury');
  });
});

describe.each([['vault'], ['managedHsm']] as const)('a backup from a %s', (kind) => {
  let source: LocalSource;
  beforeEach(() => {
    source = served.service.addSource({ kind, name: 'contoso', securityDomain: 'one' });
  });

  test('brings a purged key back as it was: version ids, public keys, attributes, tags', async () => {
    source.addKey({
      name: 'Signing',
      kty: 'RSA-HSM',
      versions: 3,
      enabled: false,
      expiresOn: lastNight(-300),
      tags: { owner: 'treasury' },
      exportable: kind === 'managedHsm',
    });
    const before = source.versions('signing');
    const client = served.client(source);
    const backup = (await client.backupKey('Signing')) as Uint8Array;
    source.purgeKey('signing');
    const restored = await client.restoreKeyBackup(backup);
    expect(restored.name).toBe('Signing');
    expect(source.versions('signing')).toEqual(before);
  });

  test('carries the secret part: a key restored, backed up and restored elsewhere is still the same', async () => {
    const other = served.service.addSource({ kind, name: 'drill', securityDomain: 'one' });
    source.addKey({ name: 'signing', versions: 2 });
    await restore(other, await backUp(source, 'signing'));
    source.purgeKey('signing');
    await restore(source, await backUp(other, 'signing'));
    const publicParts = (from: LocalSource) => from.versions('signing').map(({ publicJwk }) => publicJwk);
    expect(publicParts(source)).toEqual(publicParts(other));
    expect(publicParts(source)).toHaveLength(2);
  });

  test('is refused while the name is taken, active or deleted, naming the key and version', async () => {
    source.addKey({ name: 'signing', versions: 2 });
    const kid = source.versions('signing').at(-1)?.kid;
    const value = await backUp(source, 'signing');
    const message = expect.stringContaining(`conflict restoring the key '${kid}'. This can`);
    const conflict = { status: 409, json: { error: { code: 'Conflict', message } } };
    expect(await restore(source, value)).toMatchObject(conflict);
    source.deleteKey('signing');
    expect(await restore(source, value)).toMatchObject(conflict);
    source.purgeKey('signing');
    expect(await restore(source, value)).toMatchObject({ status: 200 });
  });

  test('is refused when anything about it was changed', async () => {
    source.addKey({ name: 'signing' });
    const backup = Buffer.from(await backUp(source, 'signing'), 'base64url');
    source.purgeKey('signing');
    await fc.assert(
      fc.asyncProperty(fc.nat(backup.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = Buffer.from(backup);
        damaged[at] = (damaged[at] as number) ^ change;
        expect((await restore(source, damaged.toString('base64url'))).status).toBe(400);
      }),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(backup.length - 1), async (length) => {
        const cut = backup.subarray(0, length).toString('base64url');
        expect((await restore(source, cut)).status).toBe(400);
      }),
      { numRuns: 100 },
    );
    expect(source.keyNames()).toEqual([]);
  });

  test('is refused when only bits were changed that base64url leaves unused', async () => {
    source.addKey({ name: 'signing' });
    const backup = await backUp(source, 'signing');
    source.purgeKey('signing');
    const parts = Buffer.from(backup, 'base64url').toString('latin1').split('.');
    const others = (last: string) =>
      [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_!'].filter((one) => one !== last);
    for (const [at, part] of parts.entries()) {
      for (const other of part === '' ? ['A'] : others(part.at(-1) ?? '')) {
        const damaged = parts.with(at, part.slice(0, -1) + other).join('.');
        const answer = await restore(source, Buffer.from(damaged, 'latin1').toString('base64url'));
        expect([at, other, answer.status]).toEqual([at, other, 400]);
      }
    }
    expect(source.keyNames()).toEqual([]);
  });
});

test('a vault refuses garbage, and backups of another subscription, geography or of an HSM, in its words', async () => {
  const place = { subscriptionId: 'one', geography: 'Europe' };
  const home = served.service.addSource({ kind: 'vault', name: 'home', ...place });
  const geography = served.service.addSource({ kind: 'vault', name: 'far', ...place, geography: 'Asia Pacific' });
  const subscription = served.service.addSource({ kind: 'vault', name: 'other', ...place, subscriptionId: 'two' });
  const hsm = served.service.addSource({ kind: 'managedHsm', name: 'hsm' });
  home.addKey({ name: 'signing' });
  hsm.addKey({ name: 'payments' });
  const value = await backUp(home, 'signing');
  const foreign = { status: 400, json: { error: { message: 'Cannot decrypt backup blob.' } } };
  expect(await restore(geography, value)).toMatchObject(foreign);
  expect(await restore(subscription, value)).toMatchObject(foreign);
  const error = { code: 'Malformed backup blob', message: 'Backup blob contains invalid or corrupt version.' };
  expect(await restore(home, 'A'.repeat(11_000))).toMatchObject({ status: 400, json: { error } });
  expect(await restore(home, await backUp(hsm, 'payments'))).toMatchObject({ status: 400, json: { error } });
});

test('a standard vault takes no HSM-protected key, made there or restored; a premium one does', async () => {
  const premium = served.service.addSource({ kind: 'vault', name: 'premium' });
  const standard = served.service.addSource({ kind: 'vault', name: 'standard', sku: 'standard' });
  premium.addKey({ name: 'payments', kty: 'EC-HSM' });
  premium.addKey({ name: 'signing' });
  const refusal = { error: { code: 'BadParameter', message: 'Hardware key operation not allowed on standard vault.' } };
  const value = await backUp(premium, 'payments');
  expect(await restore(standard, value)).toMatchObject({ status: 400, json: refusal });
  await expect(served.client(standard).createKey('made', 'EC-HSM')).rejects.toThrow(refusal.error.message);
  expect(await restore(standard, await backUp(premium, 'signing'))).toMatchObject({ status: 200 });
  premium.purgeKey('payments');
  expect(await restore(premium, value)).toMatchObject({ status: 200 });
});

test('a Managed HSM refuses garbage and a backup of another security domain in the same words', async () => {
  const home = served.service.addSource({ kind: 'managedHsm', name: 'home', securityDomain: 'one' });
  const twin = served.service.addSource({ kind: 'managedHsm', name: 'twin', securityDomain: 'one' });
  const stranger = served.service.addSource({ kind: 'managedHsm', name: 'stranger', securityDomain: 'two' });
  home.addKey({ name: 'payments' });
  const value = await backUp(home, 'payments');
  const message = expect.stringMatching(/belongs to a different crypto domain \(Activity ID: [0-9a-f-]{36}\)$/);
  const refusal = { status: 400, json: { error: { code: 'MalformedBackupBlob', message } } };
  expect(await restore(stranger, value)).toMatchObject(refusal);
  expect(await restore(stranger, 'AAAA')).toMatchObject(refusal);
  expect(await restore(twin, value)).toMatchObject({ status: 200 });
});

test('reports a key restored to a Managed HSM as exportable, as recorded', async () => {
  const hsm = served.service.addSource({ kind: 'managedHsm', name: 'home' });
  hsm.addKey({ name: 'payments' });
  const value = await backUp(hsm, 'payments');
  hsm.purgeKey('payments');
  expect((await restore(hsm, value)).json.attributes.exportable).toBe(true);
});

test('a key of more than 500 versions is never answered, while others are', async () => {
  const vault = served.service.addSource({ kind: 'vault', name: 'contoso' });
  vault.addKey({ name: 'at-the-limit', versions: 500 });
  vault.addKey({ name: 'beyond', versions: 501 });
  const leaving = new AbortController();
  const left = expect(served.client(vault).backupKey('beyond', { abortSignal: leaving.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
  const asked = () => served.service.requests.find((one) => one.keyName === 'beyond' && one.authenticated);
  await expect.poll(asked).toBeDefined();
  await backUp(vault, 'at-the-limit');
  expect(asked()?.status).toBe(0);
  leaving.abort();
  await left;
});

test('sealing a backup makes no key pair', async () => {
  const plaintext = Buffer.alloc(12_350, 0x20);
  await sealBackup('vault', 'realm', plaintext);
  const before = process.cpuUsage();
  for (let count = 0; count < 200; count += 1) await sealBackup('vault', 'realm', plaintext);
  const { user, system } = process.cpuUsage(before);
  // Some 0.3 ms; a key pair takes 50 and more.
  expect((user + system) / 200 / 1000).toBeLessThan(10);
});
