import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CliOptions, CliRun } from '../../../support/cli.ts';
import { digestOf } from '../../../support/container-view.ts';
import type { TestAzure } from '../../../support/local-azure.ts';

/** A person at a desk, in whose folder, one of each test's own, this process is. */
interface Desk {
  readonly azure: TestAzure;
  cli(line: string, options?: CliOptions): Promise<CliRun>;
  /** Whether an independent client can restore a file. */
  restores(file: string): Promise<boolean>;
}

/** The tests of what is done with an escrow in a folder: `import`, `copy`, and the commands that read. */
export function describeOfflineEscrow({ azure, cli, restores }: Desk): void {
  describe('import', () => {
    test('makes records of files, by the names that the cmdlet gave them, once', async () => {
      await cli('backup --vault-name contoso-prod --name signing -o one');
      await mkdir('old');
      await rename('one', join('old', 'contoso-prod-signing-1714521600.51234'));
      await writeFile(join('old', 'contoso-prod-signing-1714521601'), 'no backup');
      await writeFile(join('old', 'notes.txt'), 'notes');
      const line = 'import old --vault-name contoso-prod --store escrow --json';
      const { code, json } = await cli(line);
      expect(code).toBe(3);
      expect(json<{ files: object[] }>().files).toMatchObject([
        // fixed date: the one in the name of the file.
        { outcome: 'imported', name: 'signing', takenAt: '2024-05-01T00:00:00.000Z' },
        { outcome: 'refused', reason: expect.stringContaining('not the backup of a key') },
        { outcome: 'refused', reason: expect.stringContaining('pass --name') },
      ]);
      expect((await cli(line)).json<{ files: object[] }>().files[0]).toMatchObject({ outcome: 'already' });
      expect((await cli('verify --all --store escrow')).code).toBe(0);
    });

    test('guesses nothing: neither key nor time nor kind of source', async () => {
      await cli('backup --vault-name contoso-prod --name signing -o signing.bak');
      const reasonOf = async (line: string) =>
        (await cli(`import signing.bak ${line} --store escrow --json`)).json<{ files: { reason?: string }[] }>()
          .files[0]?.reason;
      const named = '--name signing --taken-at 30d';
      expect(await reasonOf('--vault-name contoso-prod')).toContain('pass --name');
      expect(await reasonOf('--vault-name contoso-prod --name signing')).toContain('pass --taken-at');
      expect(await reasonOf(`--hsm-name contoso-hsm ${named}`)).toContain('AzureKeyVaultKeyBackupV1');
      expect(await reasonOf(`--vault-name contoso-prod ${named}`)).toBeUndefined();
    });
  });

  describe('copy', () => {
    test('takes an offline copy that is checked, kept in time, gone on with, and verified without Azure', async () => {
      await cli('backup --vault-name contoso-prod --store escrow');
      await cli('backup --vault-name contoso-prod --store escrow');
      expect(await cli('copy --to stick --latest --store escrow')).toPrint(0, 'SHA256SUMS');
      const again = await cli('copy --to stick --store escrow --json');
      expect(again.json()).toMatchObject({ copied: 3, already: 3, leftOut: [] });
      const sums = await readFile(join('stick', 'SHA256SUMS'), 'utf8');
      for (const line of sums.trimEnd().split('\n')) {
        const [digest, name = ''] = line.split('  ');
        expect(digestOf('sha256', await readFile(join('stick', name)), 'hex')).toBe(digest);
      }
      const times = async (store: string) =>
        (await cli(`list --json --store ${store}`)).json<{ keys?: unknown; records?: unknown }>();
      expect(await times('stick')).toEqual(await times('escrow'));
      const requests = azure.keyVault.requests.length + azure.storage.requests.length;
      expect((await cli('verify --all --store stick')).code).toBe(0);
      expect(azure.keyVault.requests.length + azure.storage.requests.length).toBe(requests);
      // A copy has no runs, and still says which keys are missing in it.
      const env = { ESCROW_SOURCES: JSON.stringify([{ vaultName: 'contoso-prod' }]) };
      expect((await cli('status --store stick', { env })).code).toBe(0);
      await rm(join('stick', 'vaults', 'contoso-prod', 'signing'), { recursive: true });
      expect(await cli('status --store stick', { env })).toPrint(3, /signing +never/);
      await writeFile(join('stick', sums.split('  ')[1]?.split('\n')[0] ?? ''), 'spoiled');
      expect((await cli('verify --all --store stick')).code).toBe(3);
    });
  });

  describe('status', () => {
    test('misses no key where only some were asked for by themselves', async () => {
      const env = { ESCROW_SOURCES: JSON.stringify([{ vaultName: 'contoso-prod' }]) };
      for (const name of ['signing', 'app-1'])
        expect((await cli(`backup --vault-name contoso-prod --name ${name} --store escrow`)).code).toBe(0);
      expect(await cli('status --store escrow', { env })).toPrint(0, /Payroll +pending/);
    });
  });

  describe('a folder behind every command that reads', () => {
    test('status, download, restore, report and drill work on it, with no setting but the sources', async () => {
      const identity = azure.identities.operator;
      const env = {
        ESCROW_SOURCES: JSON.stringify([{ vaultName: 'contoso-prod' }]),
        ESCROW_AUDIT_SCHEDULE: '0 0 6 * * *',
        ESCROW_SCHEDULE: '0 0 2 * * *',
      };
      await cli('backup --vault-name contoso-prod --store escrow');
      const status = await cli('status --store escrow --json', { env });
      expect([status.code, status.json()]).toMatchObject([0, { sources: [{ vaultName: 'contoso-prod' }] }]);
      const got = await cli('download --vault-name contoso-prod --name signing -o got.keybackup --store escrow');
      expect([got.code, await restores('got.keybackup')]).toEqual([0, true]);
      azure.keyVault.addSource({ kind: 'vault', name: 'contoso-again' });
      const line = 'restore --vault-name contoso-prod --name signing --to-vault-name contoso-again --store escrow';
      expect([0, 3]).toContain((await cli(`${line} --yes`, { identity, env })).code);
      const report = await cli('report --now -o page.html --store escrow', { env, identity });
      expect(report.stderr).toContain('3 of 3 keys have an intact backup');
      azure.keyVault.addSource({ kind: 'vault', name: 'contoso-drill' });
      const drill = 'drill --to-vault-name contoso-drill --sample 1 --yes --max-per-second 1000 --store escrow';
      expect((await cli(drill, { env, identity })).code).toBe(0);
      expect(await readdir(join('escrow-drills', 'drills'))).toContainEqual(expect.stringMatching(/\.json$/));
    });
  });
}
