import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { KeyClient } from '@azure/keyvault-keys';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LocalSource } from '../../../local-azure/key-vault/local-source.ts';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import type { CliOptions } from '../../support/cli.ts';
import { runCommand } from '../../support/cli.ts';
import { escrowSettings } from '../../support/escrow-place.ts';
import { startTestAzure, type TestAzure } from '../../support/local-azure.ts';
import { runAsApp, runAudit } from '../../support/nightly.ts';
import { lastNight } from '../../support/now.ts';
import { putRecord } from '../../support/put-record.ts';

const europe = { subscriptionId: '00000000-0000-0000-0000-00000000c0de', geography: 'europe' };
let azure: TestAzure;
let env: Record<string, string>;
let folder: string;

const cli = (line: string, options: CliOptions = {}) => runCommand(azure, line, { env, ...options });

function vault(name: string): LocalSource {
  const source = azure.keyVault.source('vault', name) ?? azure.keyVault.source('managedHsm', name);
  if (source === undefined) throw new Error(`no source ${name}`);
  return source;
}

function versionIds(vaultName: string, key: string): string[] {
  return vault(vaultName)
    .versions(key)
    .map(({ id }) => id);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'escrow-restore-'));
  azure = await startTestAzure({
    sources: [
      { kind: 'vault', name: 'contoso-prod', ...europe },
      { kind: 'vault', name: 'contoso-dr', ...europe },
      { kind: 'vault', name: 'contoso-us', ...europe, geography: 'us' },
      { kind: 'managedHsm', name: 'contoso-hsm', securityDomain: 'one' },
      { kind: 'managedHsm', name: 'other-hsm', securityDomain: 'two' },
    ],
  });
  env = escrowSettings(azure, [
    { vaultName: 'contoso-prod', ...europe },
    { hsmName: 'contoso-hsm', securityDomain: 'one' },
  ]);
  vault('contoso-prod').addKey({ name: 'signing', versions: 3, tags: { owner: 'platform' } });
  vault('contoso-prod').addKey({ name: 'Payroll' });
  vault('contoso-prod').addKey({ name: 'www-cert', managed: true });
  for (let tenant = 10; tenant < 30; tenant++) vault('contoso-prod').addKey({ name: `tenant-${tenant}` });
  vault('contoso-hsm').addKey({ name: 'payments', versions: 2 });
  const runs = await runAsApp(azure, env);
  expect(runs.every(({ status }) => status === 'ok')).toBe(true);
  // Until every key has had its turn to be looked at.
  for (let audits = 0; audits < 6; audits++) await runAudit(azure, env);
});

beforeEach(() => {
  azure.keyVault.faults.clear();
  for (const name of ['contoso-dr', 'contoso-us', 'other-hsm']) {
    for (const key of [...vault(name).keyNames(), ...vault(name).deletedKeyNames()]) vault(name).purgeKey(key);
  }
});

afterAll(async () => {
  await azure.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('restore of one key', () => {
  test('brings back a key that was deleted and purged, with all its versions', async () => {
    const before = vault('contoso-prod').versions('Payroll');
    vault('contoso-prod').purgeKey('Payroll');
    const { code, stdout, stderr } = await cli(
      'restore --vault-name contoso-prod --name payroll --to-vault-name contoso-prod --yes',
    );
    expect(stderr).toContain('can be restored to a vault in subscription 00000000-0000-0000-0000-00000000c0de');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual(before.map(({ kid }) => kid));
    expect(vault('contoso-prod').versions('Payroll')).toEqual(before);
  });

  test('recovers a key that is only soft-deleted, with versions made since the backup', async () => {
    vault('contoso-prod').deleteKey('signing');
    const whatIf = await cli('restore --vault-name contoso-prod --name signing --to-vault-name contoso-prod --what-if');
    expect(whatIf.stderr).toContain('Nothing is lost');
    expect(vault('contoso-prod').deletedKeyNames()).toContain('signing');
    const { code, json } = await cli(
      'restore --vault-name contoso-prod --name signing --to-vault-name contoso-prod --yes --json',
    );
    expect(code).toBe(0);
    expect(json()).toMatchObject({ step: { action: 'recover' }, outcome: { outcome: 'recovered' } });
    expect(vault('contoso-prod').keyNames()).toContain('signing');
    expect(azure.keyVault.requests.at(-1)?.operation).not.toBe('restoreKey');
  });

  test('asks first, and does nothing without a yes', async () => {
    const line = 'restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr';
    const no = await cli(line, { answers: 'n\n' });
    expect([no.code, no.stderr.includes('Nothing was done')]).toEqual([1, true]);
    const silent = await cli(line, { answers: '' });
    expect([silent.code, silent.stderr.includes('Nothing was done')]).toEqual([1, true]);
    const nobody = await cli(line);
    expect([nobody.code, nobody.stderr.includes('--yes')]).toEqual([2, true]);
    expect(vault('contoso-dr').keyNames()).toEqual([]);
    const yes = await cli(line, { answers: 'y\n' });
    expect(yes.code).toBe(0);
    expect(yes.stderr).toContain('the key is still there in vault "contoso-prod"');
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
    const { code, stderr } = await cli(`restore --vault-name contoso-prod --name signing --to-vault-name ${to} --yes`);
    expect(code).toBe(1);
    expect(stderr).toContain(said);
    expect([target.keyNames(), target.versions('signing')]).toEqual(before);
  });

  test('distinguishes another HSM from corruption by the digest, and a vault from an HSM by the envelope', async () => {
    const hsm = await cli('restore --hsm-name contoso-hsm --name payments --to-hsm-name other-hsm --yes');
    expect([hsm.code, hsm.stderr]).toEqual([1, expect.stringContaining('this HSM has another security domain')]);
    const kind = await cli('restore --hsm-name contoso-hsm --name payments --to-vault-name contoso-dr --yes');
    expect([kind.code, kind.stderr]).toEqual([1, expect.stringContaining('cannot be restored to a vault')]);
  });

  test('takes the restore for done when only its answer was lost', async () => {
    azure.keyVault.faults.add({ operation: 'restoreKey', times: 1, effect: { kind: 'resetAfterWork' } });
    const { code } = await cli('restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr --yes');
    expect(code).toBe(0);
    expect(versionIds('contoso-dr', 'signing')).toEqual(versionIds('contoso-prod', 'signing'));
  });

  test('waits while the name of a key that was purged a moment ago is still held', async () => {
    const held = { kind: 'status', status: 409, code: 'Conflict', message: 'There was a conflict restoring.' } as const;
    azure.keyVault.faults.add({ operation: 'restoreKey', times: 2, effect: held });
    const { code } = await cli('restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr --yes');
    expect([code, vault('contoso-dr').keyNames()]).toEqual([0, ['signing']]);
  });

  test('names the permission that is missing', async () => {
    azure.keyVault.faults.add({
      operation: 'restoreKey',
      effect: { kind: 'forbidden', reason: 'ForbiddenByRbac' },
    });
    const { code, stderr } = await cli(
      'restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr --yes',
    );
    expect(code).toBe(1);
    expect(stderr).toContain('Grant Microsoft.KeyVault/vaults/keys/restore/action.');
  });

  test('says which key may have been meant', async () => {
    const { code, stderr } = await cli('restore --vault-name contoso-prod --name sinning --to-vault-name contoso-dr');
    expect([code, stderr]).toEqual([2, expect.stringContaining('Did you mean "signing"?')]);
  });

  test('takes the newest record as of a time', async () => {
    const early = await cli(
      `restore --vault-name contoso-prod --name signing --at ${lastNight(1).toISOString()} --to-vault-name contoso-dr --yes`,
    );
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('no record of key "signing"')]);
  });
});

describe('restore of a whole vault', () => {
  test('does not guess which is meant when both one key and all are named', async () => {
    const { code, stderr } = await cli(
      'restore --vault-name contoso-prod --all --name signing --to-vault-name contoso-dr --what-if',
    );
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("option '--name <KEY>' cannot be used with option '--all'"),
    ]);
  });

  test('plans, restores every key at the pace of the target, keeps a receipt, and goes on where a pass ended', async () => {
    const receipt = join(folder, 'all.jsonl');
    const line = `restore --vault-name contoso-prod --all --to-vault-name contoso-dr --receipt ${receipt}`;
    vault('contoso-dr').addKey({ name: 'tenant-10' });

    const whatIf = await cli(`${line} --what-if --json`);
    expect(whatIf.code).toBe(3);
    expect(whatIf.json()).toMatchObject({ certificateBacked: ['www-cert'], estimatedMs: 6300 });
    expect(whatIf.stderr).toContain('1 certificate-backed key to bring back with its certificate');
    expect([vault('contoso-dr').keyNames(), existsSync(receipt)]).toEqual([['tenant-10'], false]);

    const interrupt = new AbortController();
    const started = cli(`${line} --yes --json`, { signal: interrupt.signal });
    await expect.poll(() => vault('contoso-dr').keyNames().length, { interval: 20 }).toBeGreaterThan(3);
    interrupt.abort();
    const first = await started;
    expect(first.code).toBe(3);
    expect(first.stderr).toContain('Run the same command again to go on');
    const done = first.json<{ counts: { restored: number; left: number } }>().counts;
    expect(done.left).toBeGreaterThan(0);
    expect(vault('contoso-dr').keyNames()).toHaveLength(done.restored + 1);

    const second = await cli(`${line} --yes --json`);
    expect(second.code).toBe(3);
    expect(second.json()).toMatchObject({
      counts: { planned: 22, alreadyThere: done.restored, restored: 21 - done.restored, failed: 1, left: 0 },
    });
    expect(versionIds('contoso-dr', 'signing')).toEqual(versionIds('contoso-prod', 'signing'));
    const lines = (await readFile(receipt, 'utf8'))
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(lines.filter(({ event }) => event === 'begin')).toHaveLength(2);
    expect(lines.filter(({ outcome }) => outcome === 'restored')).toHaveLength(21);
    expect((await stat(receipt)).mode & 0o077).toBe(0);
  });

  test('names the time as of which there is no record', async () => {
    const day = lastNight(2000).toISOString().slice(0, 10);
    const line = `restore --vault-name contoso-prod --all --to-vault-name contoso-dr --what-if --at ${day}`;
    const { code, stderr } = await cli(line);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`from ${day}T23:59:59Z or before`)]);
  });

  test('names the permission that is missing to look at the target', async () => {
    const effect = { kind: 'forbidden', reason: 'ForbiddenByRbac' } as const;
    azure.keyVault.faults.add({ source: 'contoso-dr', operation: 'listKeys', effect });
    const { code, stderr } = await cli('restore --vault-name contoso-prod --all --to-vault-name contoso-dr --what-if');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /Cannot list the keys of vault "contoso-dr".*Grant Microsoft.KeyVault\/vaults\/keys\/read\./,
    );
  });

  test('brings back what is missing of a vault, and takes keys that are still there for no failure', async () => {
    const before = vault('contoso-prod').keyNames().length;
    vault('contoso-prod').purgeKey('tenant-20');
    const receipt = join(folder, 'own.jsonl');
    const line = `restore --vault-name contoso-prod --name "tenant-*" --to-vault-name contoso-prod --receipt ${receipt}`;
    const whatIf = await cli(`${line} --what-if`);
    expect([whatIf.code, whatIf.stderr]).toEqual([0, expect.stringContaining('19 keys still there')]);
    expect(whatIf.stderr).not.toContain('tenant-21');
    expect(whatIf.stdout).toMatch(/^ {2}tenant-20 +restore +record from \d{4}-\d\d-\d\dT[\d:]+Z \(\d+ \w+ ago\)$/m);
    expect(whatIf.stdout.match(/still there/g)).toHaveLength(19);
    const { code, json } = await cli(`${line} --yes --json`);
    expect([code, json().counts]).toEqual([
      0,
      expect.objectContaining({
        planned: 20,
        stillThere: 19,
        restored: 1,
        failed: 0,
        stranger: 0,
        unproven: 0,
        left: 0,
      }),
    ]);
    expect(vault('contoso-prod').keyNames()).toHaveLength(before);
    expect((await cli(`${line} --yes --json`)).json()).toMatchObject({ counts: { stillThere: 19, alreadyThere: 1 } });
  });

  test('prints the first five of many taken names, and buries no other failure under them', async () => {
    for (let tenant = 10; tenant < 22; tenant++) vault('contoso-dr').addKey({ name: `tenant-${tenant}` });
    vault('contoso-dr').addKey({ name: 'tenant-29' });
    vault('contoso-dr').deleteKey('tenant-29');
    const receipt = join(folder, 'taken.jsonl');
    const line = `restore --vault-name contoso-prod --name "tenant-*" --to-vault-name contoso-dr --yes --receipt ${receipt}`;
    const { code, stdout, stderr } = await cli(line);
    expect(code).toBe(3);
    for (const told of [stderr, stdout]) {
      expect(told.match(/the name is taken there/g)).toHaveLength(5);
      expect(told).toContain('and 7 more like that (nameTaken)');
      expect(told).toContain('"tenant-29" to vault "contoso-dr": a deleted key still holds the name there');
    }
    expect(stdout).toContain('7 restored, 0 recovered, 0 restored earlier, 0 still there, 13 failed.');
    const kept = (await readFile(receipt, 'utf8')).split('\n').filter((entry) => entry.includes('"nameTaken"'));
    expect(kept).toHaveLength(12);
  });

  test('restores what a pattern matches, and refuses the receipt of another restore', async () => {
    const receipt = join(folder, 'tenants.jsonl');
    const line = `restore --vault-name contoso-prod --name "tenant-1?" --to-vault-name contoso-dr --yes --receipt ${receipt}`;
    expect((await cli(line)).code).toBe(0);
    expect(vault('contoso-dr').keyNames()).toHaveLength(10);
    const other = await cli(line.replace('to-vault-name contoso-dr', 'to-vault-name contoso-us'));
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('the receipt of another restore')]);
    const noFile = await cli(line.replace(receipt, folder));
    expect([noFile.code, noFile.stderr]).toEqual([1, expect.stringContaining('Name another file: --receipt FILE.')]);
  });
});

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
    const { code, stderr } = await cli('drill --to-vault-name contoso-dr --name signing --name sinning');
    expect([code, stderr]).toEqual([2, expect.stringContaining('Did you mean "signing"?')]);
    expect(vault('contoso-dr').keyNames()).toEqual([]);
  });
});

describe('download', () => {
  test('writes bytes that an independent client restores, and prints the commands for them', async () => {
    const file = join(folder, 'signing.keybackup');
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
    const file = join(folder, 'taken');
    await writeFile(file, 'mine');
    const line = `download --vault-name contoso-prod --name signing -o ${file}`;
    const refused = await cli(line);
    expect([refused.code, refused.stderr, await readFile(file, 'utf8')]).toEqual([
      2,
      expect.stringContaining('exists'),
      'mine',
    ]);
    const spaced = await cli(`download --vault-name contoso-prod --name signing -o "${join(folder, 'my key')}" --json`);
    expect(spaced.json()).toMatchObject({ restoreWith: { az: expect.stringMatching(/--file "[^"]+my key"$/) } });
    expect((await cli(`${line} --force --json`)).json()).toMatchObject({ file, record: { name: 'signing' } });
    // Whoever could read the old file must not read the key.
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  test('names the file by source, key and run when no name is given', async () => {
    const here = process.cwd();
    process.chdir(folder);
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
    const none = await cli('verify --name "nosuch*"');
    expect([none.code, none.stdout]).toEqual([3, expect.stringContaining('nothing was verified')]);
  });
});

describe('a corrupt record', () => {
  test('is refused before anything is sent to the service', async () => {
    const blobName = 'named/copies/signing.keybackup';
    await putRecord(
      azure,
      `vaults/contoso-prod/signing/${scheduledRunId(lastNight())}.keybackup`,
      blobName,
      (bytes) => {
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      },
    );
    const before = azure.keyVault.requests.length;
    const { code, stderr } = await cli(`restore --blob-name ${blobName} --to-vault-name contoso-dr --yes`);
    expect(code).toBe(1);
    expect(stderr).toContain('is corrupt: the SHA-256 of its bytes is');
    expect(azure.keyVault.requests.slice(before).map(({ operation }) => operation)).not.toContain('restoreKey');
    expect(vault('contoso-dr').keyNames()).toEqual([]);
    const verified = await cli('verify --all --json');
    expect(verified.code).toBe(3);
    expect(verified.json<{ findings: object[] }>().findings).toContainEqual(
      expect.objectContaining({ blobName, code: 'digestDiffers' }),
    );
  });
});
