import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { KeyClient } from '@azure/keyvault-keys';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commandLine } from '../../support/cli.ts';
import { escrowSettings } from '../../support/escrow-place.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { useTestFolder } from '../../support/temporary-folder.ts';
import { describeOfflineEscrow } from './backup/offline-escrow.ts';

const vaultKeys = 'Microsoft.KeyVault/vaults/keys';
const hsmKeys = 'Microsoft.KeyVault/managedHsm/keys';
const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
const signingId = 'https://contoso-prod.vault.azure.net/keys/signing';

let folder: string;

const startedIn = process.cwd();
const azure = await useTestAzure({
  sources: [
    {
      kind: 'vault',
      name: 'contoso-prod',
      keys: [{ name: 'signing', versions: 3 }, 'Payroll', 'app-1', { name: 'www-cert', managed: true }],
    },
    { kind: 'managedHsm', name: 'contoso-hsm', keys: ['payments'] },
  ],
});

const person = azure.registry.add('an engineer at a desk', [
  ...[`${vaultKeys}/read`, `${vaultKeys}/backup/action`, `${vaultKeys}/restore/action`],
  ...[`${hsmKeys}/read/action`, `${hsmKeys}/backup/action`],
  ...[`${blobs}/add/action`, `${blobs}/read`],
]);
/** A person with no settings at all, in a folder of their own. */
const cli = commandLine(azure, { env: {}, identity: person });

beforeEach(async () => {
  folder = await useTestFolder();
  process.chdir(folder);
});

afterEach(() => process.chdir(startedIn));

const backupsMade = (): number => azure.keyVault.requests.filter(({ operation }) => operation === 'backupKey').length;
let vaults = 0;
/** Whether the SDK's own `restoreKeyBackup` takes a file as it is, in a vault of its own. Nothing of this product has a part in it. */
const restores = async (file: string): Promise<boolean> => {
  const { url } = azure.keyVault.addSource({ kind: 'vault', name: `restored-${vaults++}` });
  const restored = await new KeyClient(url, azure.credential(person)).restoreKeyBackup(await readFile(file));
  return restored.properties.vaultUrl === url;
};

describe('one key to a file, as Backup-AzKeyVaultKey does it', () => {
  test('by name: a file named for the key, readable by its owner only, its path on stdout', async () => {
    const { code, stdout, stderr } = await cli('backup --vault-name contoso-prod --name signing');
    expect(code).toBe(0);
    const file = stdout.trim();
    expect(file).toMatch(/contoso-prod-signing-\d{8}T\d{6}Z-[0-9a-f]{8}\.keybackup$/);
    const bytes = await readFile(file);
    expect(bytes.subarray(0, 39).toString('latin1')).toBe('&AzureKeyVaultKeyBackupV1.microsoft.com');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(stderr).toContain(createHash('sha256').update(bytes).digest('hex'));
    expect(await restores(file)).toBe(true);
  });

  test('of a Managed HSM, to the file that is named', async () => {
    const { code, stdout } = await cli('backup --hsm-name contoso-hsm --name payments -o payments.keybackup');
    expect([code, stdout.trim()]).toEqual([0, join(folder, 'payments.keybackup')]);
  });

  test('by identifiers from a pipeline, each to its file', async () => {
    const ids = `\uFEFF${signingId}\r\n\n${signingId}/0123456789abcdef\nhttps://contoso-prod.vault.azure.net/keys/payroll\n`;
    const { code, json } = await cli('backup --id - --json', { input: ids });
    expect(code).toBe(0);
    expect(json<{ keys: object[] }>().keys).toMatchObject([
      { vaultName: 'contoso-prod', name: 'signing', outcome: 'written', format: 'AzureKeyVaultKeyBackupV1' },
      { vaultName: 'contoso-prod', name: 'Payroll', outcome: 'written' },
    ]);
    expect(await readdir(folder)).toHaveLength(2);
  });

  test('refuses a file that is there, asks a person, and replaces it with --force', async () => {
    await writeFile('signing.keybackup', 'old');
    const line = `backup --id ${signingId} -o signing.keybackup`;
    expect(await cli(line)).toEnd(2, 'signing.keybackup exists');
    expect((await cli(line, { answers: 'n\n' })).code).toBe(1);
    expect(await readFile('signing.keybackup', 'utf8')).toBe('old');
    expect((await cli(line, { answers: 'y\n' })).code).toBe(0);
    await writeFile('signing.keybackup', 'old');
    expect((await cli(`${line} --force`)).code).toBe(0);
    expect(await restores(join(folder, 'signing.keybackup'))).toBe(true);
  });

  test('with --what-if says what it would do, backs up nothing and writes nothing', async () => {
    const before = backupsMade();
    const { code, stdout, stderr } = await cli('backup --vault-name contoso-prod --name signing --what-if');
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('Would back up key "signing" of vault "contoso-prod" to ');
    expect([backupsMade(), await readdir(folder)]).toEqual([before, []]);
  });

  test('with --confirm asks first', async () => {
    const before = backupsMade();
    expect((await cli('backup --vault-name contoso-prod --name signing --confirm', { answers: 'n\n' })).code).toBe(1);
    expect(backupsMade()).toBe(before);
    expect((await cli('backup --vault-name contoso-prod --name signing --confirm', { answers: 'y\n' })).code).toBe(0);
  });

  test('skips a certificate-backed key and says how its certificate is backed up', async () => {
    expect(await cli('backup --vault-name contoso-prod --name www-cert')).toEnd(0, 'az keyvault certificate backup');
    expect(await readdir(folder)).toEqual([]);
  });

  test('fails for a key that is not there, by its name', async () => {
    const line = 'backup --vault-name contoso-prod --name nowhere';
    expect(await cli(line)).toEnd(1, 'Cannot read key "nowhere" in vault "contoso-prod"');
  });

  test('says that it was the backup that was refused, and what it takes', async () => {
    const reader = azure.registry.add('someone who may only read', [`${vaultKeys}/read`]);
    const line = 'backup --vault-name contoso-prod --name SIGNING';
    const refused = await commandLine(azure, { env: {}, identity: reader })(line);
    expect(refused).toEnd(1, 'Cannot back up key "signing" in vault "contoso-prod"', 'keys/backup/action');
  });

  test.each([
    ['backup', 'Back up what?'],
    ['backup --vault-name contoso-prod', '--store DIR'],
    ['backup --all --store x', 'No source is configured'],
    ['backup --vault-name contoso-prod --name a*', 'is not the name of one key'],
    ['backup --id https://contoso-prod.vault.azure.cn/keys/signing', 'not the identifier of a key of this cloud'],
    ['backup --id http://contoso-prod.vault.azure.net/keys/signing', 'not the identifier of a key of this cloud'],
    ['backup --vault-name contoso-prod --name signing --max-backups-per-second 0', 'calls per second'],
  ])('refuses %s', async (line, words) => {
    const { code, stderr } = await cli(line);
    expect([code, stderr.replaceAll(/\s+/g, ' ')]).toEqual([2, expect.stringContaining(words)]);
  });

  test('repeats nothing of what a pipe brought that is no identifier', async () => {
    const { code, stderr } = await cli('backup --id -', { input: 'password=hunter2\n' });
    expect(code).toBe(2);
    expect(stderr).not.toContain('hunter2');
  });
});

describe('into a folder', () => {
  test('is the very run of the app: selection, records, report, skips; and the other commands read it', async () => {
    const line = 'backup --vault-name contoso-prod --store escrow';
    const row = /vault "contoso-prod" +4 +3 +0 +1 +0 +ok/;
    expect(await cli(line)).toPrint(0, row, 'az keyvault certificate backup');
    expect((await cli('list --json --store escrow')).json()).toMatchObject({ counts: { keys: 3 } });
    expect((await cli('verify --all --store escrow')).code).toBe(0);
    const names = (await readdir(join(folder, 'escrow'), { recursive: true })).map((name) =>
      name.replaceAll('\\', '/'),
    );
    expect(names.filter((name) => name.endsWith('.keybackup'))).toHaveLength(3);
    expect(names).toContainEqual(expect.stringMatching(/^runs\/[^/]+\/vaults\/contoso-prod\.json$/));
    const record = names.find((name) => name.includes('/signing/') && name.endsWith('.keybackup')) ?? '';
    expect(await restores(join(folder, 'escrow', record))).toBe(true);
  });

  test('goes on after an interruption with the same command line, without a second backup of any key', async () => {
    const interrupt = new AbortController();
    const before = backupsMade();
    const line = 'backup --vault-name contoso-prod --store escrow --max-backups-per-second 5';
    const first = cli(line, { signal: interrupt.signal });
    await expect.poll(() => backupsMade() - before, { interval: 5 }).toBe(1);
    interrupt.abort();
    const { code, stdout, stderr } = await first;
    expect([code, stderr]).toEqual([1, expect.stringContaining('Run the same command again to go on')]);
    expect(stdout).not.toMatch(/Failed|functionTimeout/);
    const again = await cli(`${line} --json`);
    const counts = { considered: 4, skipped: 1, failed: 0 };
    expect([again.code, again.json()]).toMatchObject([0, { resumed: true, sources: [{ counts }] }]);
    expect(backupsMade() - before).toBe(3);
    expect((await cli(`${line} --json`)).json()).toMatchObject({ resumed: false });
  });

  test('takes only the keys that the patterns select, and says under --what-if what it would take', async () => {
    const line = 'backup --vault-name contoso-prod --keys app-* s* --except signing --store escrow --json';
    const planned = await cli(`${line} --what-if`);
    expect(planned.json()).toMatchObject({ sources: [{ counts: { wouldEscrow: 1, skipped: 3 } }] });
    expect(await readdir(folder)).toEqual([]);
    const done = await cli(line);
    expect(done.json()).toMatchObject({ sources: [{ counts: { escrowed: 1, skipped: 3 } }] });
  });

  test.each([
    [60, /^ {2}vault "contoso-prod": listed \d+, would back up 1, /m],
    [100, /^ {2}vault "contoso-prod" +\d+ +1 +0 /m],
  ])('reports what would come of each source on %i columns', async (columns, row) => {
    const { stdout } = await cli('backup --vault-name contoso-prod --keys signing --store escrow --what-if', {
      isTTY: true,
      columns,
    });
    const lines = stripVTControlCharacters(stdout).split('\n');
    expect(lines.join('\n')).toMatch(row);
    expect(lines.filter((one) => one.length > columns)).toEqual([]);
  });

  test('of one key: its record, whose name is on stdout', async () => {
    const { code, stdout } = await cli('backup --hsm-name contoso-hsm --name payments --store escrow');
    expect([code, stdout.trim()]).toEqual([
      0,
      expect.stringMatching(/^managed-hsms\/contoso-hsm\/payments\/.+\.keybackup$/),
    ]);
  });

  test('of identifiers that name a key which is not there: the others are backed up, and it fails by name', async () => {
    const input = `${signingId}\nhttps://contoso-prod.vault.azure.net/keys/nowhere\n`;
    expect(await cli('backup --id - --store escrow', { input })).toPrint(3, 'key "nowhere" in vault "contoso-prod"');
    expect((await cli('list --json --store escrow')).stdout).toContain('/signing/');
  });
});

describe('into the container', () => {
  test('every configured source, by a person: records and reports as the app writes them', async () => {
    const env = escrowSettings(azure, [{ vaultName: 'contoso-prod' }, { hsmName: 'contoso-hsm' }]);
    const { code, json } = await cli(`backup --all --store ${azure.containerUrl} --json`, { env });
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      store: azure.containerUrl,
      sources: [
        { vaultName: 'contoso-prod', counts: { escrowed: 3 } },
        { hsmName: 'contoso-hsm', counts: { escrowed: 1 } },
      ],
    });
  });
});

describeOfflineEscrow({ azure, cli, restores });
