import { readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KeyClient } from '@azure/keyvault-keys';
import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import { forbidden } from '../../support/fault-effects.ts';
import { lastNight } from '../../support/now.ts';
import { useRestoreScene } from './restore/scene.ts';
import { describeWholeVault } from './restore/whole-vault.ts';

const scene = await useRestoreScene();
const { azure, container, cli, vault, versionIds } = scene;

describe('restore of one key', () => {
  test('brings back a key that was deleted and purged, with all its versions, and says that it is disabled', async () => {
    const before = vault('contoso-prod').versions('Payroll');
    vault('contoso-prod').purgeKey('Payroll');
    const run = await cli('restore --vault-name contoso-prod --name payroll --to-vault-name contoso-prod --yes');
    expect(run).toEnd(0, 'can be restored to a vault in subscription 00000000-0000-0000-0000-00000000c0de');
    expect(run.stdout.trim().split('\n')).toEqual(before.map(({ kid }) => kid));
    expect(run.stderr).toMatch(
      /disabled.*: az keyvault key set-attributes --vault-name contoso-prod --name Payroll --enabled true/,
    );
    expect(vault('contoso-prod').versions('Payroll')).toEqual(before);
  });

  test('recovers a key that is only soft-deleted, with versions made since the backup', async () => {
    vault('contoso-prod').deleteKey('signing');
    const line = 'restore --vault-name contoso-prod --name signing --to-vault-name contoso-prod';
    expect((await cli(`${line} --what-if`)).stderr).toContain('Nothing is lost');
    expect(vault('contoso-prod').deletedKeyNames()).toContain('signing');
    const { code, json } = await cli(`${line} --yes --json`);
    expect([code, json()]).toMatchObject([0, { step: { action: 'recover' }, outcome: { outcome: 'recovered' } }]);
    expect(vault('contoso-prod').keyNames()).toContain('signing');
    expect(azure.keyVault.requests.at(-1)?.operation).not.toBe('restoreKey');
  });

  test('does not say that nothing is lost where the deleted key may be another, made after the record', async () => {
    const vaultNow = vault('contoso-prod');
    const { records } = (await cli('list --vault-name contoso-prod --name tenant-29 --latest --json')).json<{
      records: { createdAt: string }[];
    }>();
    const replace = () => {
      vaultNow.purgeKey('tenant-29');
      vaultNow.addKey({ name: 'tenant-29' });
      return (vaultNow.versions('tenant-29')[0]?.attributes.created ?? 0) * 1000;
    };
    await expect.poll(replace).toBeGreaterThan(Date.parse(records[0]?.createdAt ?? ''));
    const line = 'restore --vault-name contoso-prod --name tenant-29 --what-if --to-vault-name';
    const active = await cli(`${line} contoso-dr`);
    expect(active).toEnd(0, 'this key, or another');
    expect(active.stderr).not.toContain('second copy');
    vaultNow.deleteKey('tenant-29');
    const back = await cli(`${line} contoso-prod`);
    expect(back).toEnd(0, 'if another key has the name');
    const elsewhere = await cli(`${line} contoso-dr`);
    expect(elsewhere).toEnd(0, 'this key, or another');
    for (const { stderr } of [back, elsewhere]) expect(stderr).not.toMatch(/nothing is lost/i);
    vaultNow.purgeKey('tenant-29');
    const right = await cli('restore --vault-name contoso-prod --name tenant-29 --to-vault-name contoso-prod --yes');
    expect(right.code).toBe(0);
  });

  test('asks first, and does nothing without a yes', async () => {
    const line = 'restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr';
    for (const answers of ['n\n', '']) expect(await cli(line, { answers })).toEnd(1, 'Nothing was done');
    expect(await cli(line)).toEnd(2, '--yes');
    expect(vault('contoso-dr').keyNames()).toEqual([]);
    expect(await cli(line, { answers: 'y\n' })).toEnd(0, 'the key is still there in vault "contoso-prod"');
    expect(vault('contoso-dr').keyNames()).toEqual(['signing']);
  });

  test.each([
    [
      'onto a taken name',
      () => vault('contoso-dr').addKey({ name: 'signing' }),
      'contoso-dr',
      'the name is taken there',
    ],
    [
      'onto a name that a deleted key holds',
      () => {
        vault('contoso-dr').addKey({ name: 'signing' });
        vault('contoso-dr').deleteKey('signing');
      },
      'contoso-dr',
      'a deleted key still holds the name',
    ],
    ['onto itself', () => undefined, 'contoso-prod', 'nothing to restore'],
    [
      'to a vault that lies elsewhere by the options',
      () => undefined,
      'contoso-us --to-geography us',
      'lies elsewhere (geography us)',
    ],
    [
      'to a vault that turns out to lie elsewhere',
      () => undefined,
      'contoso-us',
      'this vault lies in another subscription or geography',
    ],
  ])('%s is refused by name, and changes nothing', async (_what, arrange, to, said) => {
    arrange();
    const target = vault(to.split(' ')[0] ?? '');
    const before = [target.keyNames(), target.versions('signing')];
    expect(await cli(`restore --vault-name contoso-prod --name signing --to-vault-name ${to} --yes`)).toEnd(1, said);
    expect([target.keyNames(), target.versions('signing')]).toEqual(before);
  });

  test('distinguishes another HSM from corruption by the digest, and a vault from an HSM by the envelope', async () => {
    const line = 'restore --hsm-name contoso-hsm --name payments --yes';
    expect(await cli(`${line} --to-hsm-name other-hsm`)).toEnd(1, 'this HSM has another security domain');
    expect(await cli(`${line} --to-vault-name contoso-dr`)).toEnd(1, 'cannot be restored to a vault');
  });

  test('takes the restore for done when only its answer was lost', async () => {
    azure.keyVault.faults.add({ operation: 'restoreKey', times: 1, effect: { kind: 'resetAfterWork' } });
    const { code } = await cli('restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr --yes');
    expect(code).toBe(0);
    expect(versionIds('contoso-dr', 'signing')).toEqual(versionIds('contoso-prod', 'signing'));
  });

  test('names the permission that is missing', async () => {
    azure.keyVault.faults.add({ operation: 'restoreKey', effect: forbidden('ForbiddenByRbac') });
    const line = 'restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr --yes';
    expect(await cli(line)).toEnd(1, 'Grant Microsoft.KeyVault/vaults/keys/restore/action.');
  });

  test('takes the newest record as of a time', async () => {
    const line = 'restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr --yes --at';
    expect(await cli(`${line} ${lastNight(1).toISOString()}`)).toEnd(1, 'no record of key "signing"');
  });
});

describeWholeVault(scene);

describe('drill', () => {
  test('distinguishes an interrupted drill from a whole one', async () => {
    const interrupt = new AbortController();
    azure.keyVault.faults.add({ operation: 'restoreKey', effect: { kind: 'latency', ms: 200 } });
    const before = azure.keyVault.requests.length;
    const running = cli('drill --to-vault-name contoso-dr --vault-name contoso-prod --sample 3 --yes', {
      signal: interrupt.signal,
    });
    const begun = () => azure.keyVault.requests.slice(before).some(({ operation }) => operation === 'restoreKey');
    await expect.poll(begun, { interval: 10 }).toBe(true);
    interrupt.abort();
    expect((await running).stdout).toContain('1 of 3 keys proven');
  });

  test('leaves no mistyped name out in silence', async () => {
    const line = 'drill --to-vault-name contoso-dr --name signing --name sinning';
    expect(await cli(line)).toEnd(2, 'Did you mean "signing"?');
    expect(vault('contoso-dr').keyNames()).toEqual([]);
  });
});

describe('download', () => {
  test('writes bytes that an independent client restores, and prints the commands for them', async () => {
    const file = join(scene.folder, 'signing.keybackup');
    const line = `download --vault-name contoso-prod --name signing -o ${file}`;
    const { code, stdout } = await cli(line);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      `Restore-AzKeyVaultKey -VaultName contoso-prod -InputFile ${file}`,
      `az keyvault key restore --vault-name contoso-prod --file ${file}`,
    ]);
    const client = new KeyClient('https://contoso-dr.vault.azure.net', azure.credential(azure.identities.operator));
    const restored = await client.restoreKeyBackup(await readFile(file));
    expect(restored.id?.split('/').at(-1)).toBe(vault('contoso-prod').versions('signing').at(-1)?.id);
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  test('overwrites a file only on request', async () => {
    const file = join(scene.folder, 'taken');
    await writeFile(file, 'mine');
    const line = `download --vault-name contoso-prod --name signing -o ${file}`;
    expect(await cli(line)).toEnd(2, 'exists');
    expect(await readFile(file, 'utf8')).toBe('mine');
    const spaced = await cli(`${line.replace(file, `"${join(scene.folder, 'my key')}"`)} --json`);
    expect(spaced.json()).toMatchObject({ restoreWith: { az: expect.stringMatching(/--file "[^"]+my key"$/) } });
    expect((await cli(`${line} --force --json`)).json()).toMatchObject({ file, record: { name: 'signing' } });
    // Whoever could read the old file must not read the key.
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  test('names the file by source, key and run when no name is given', async () => {
    const here = process.cwd();
    process.chdir(scene.folder);
    const { code, json } = await cli('download --vault-name contoso-prod --name signing --json');
    process.chdir(here);
    const { file, record } = json<{ file: string; record: { runId: string } }>();
    expect([code, basename(file)]).toEqual([0, `contoso-prod.signing.${record.runId}.keybackup`]);
  });
});

describe('verify', () => {
  test('finds nothing wrong with what the app wrote, and says when there is nothing to verify', async () => {
    const good = await cli('verify --vault-name contoso-prod --name "tenant-*" --json');
    expect(good.json()).toMatchObject({ status: 'ok', counts: { records: 20 }, findings: [] });
    expect(await cli('verify --name "nosuch*"')).toPrint(3, 'nothing was verified');
  });
});

describe('a corrupt record', () => {
  test('is refused before anything is sent to the service', async () => {
    const blobName = 'named/copies/signing.keybackup';
    const [record] = await container.list(`vaults/contoso-prod/signing/${scheduledRunId(lastNight())}`);
    const bytes = await container.read(record?.name ?? '');
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    await container.put(blobName, bytes, record?.metadata);
    const before = azure.keyVault.requests.length;
    const line = `restore --blob-name ${blobName} --to-vault-name contoso-dr --yes`;
    expect(await cli(line)).toEnd(1, 'is corrupt: the SHA-256 of its bytes is');
    expect(azure.keyVault.requests.slice(before).map(({ operation }) => operation)).not.toContain('restoreKey');
    expect(vault('contoso-dr').keyNames()).toEqual([]);
    const verified = await cli('verify --all --json');
    expect(verified.code).toBe(3);
    expect(verified.json<{ findings: object[] }>().findings).toContainEqual(
      expect.objectContaining({ blobName, code: 'digestDiffers' }),
    );
  });
});
