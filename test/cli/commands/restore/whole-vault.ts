import { existsSync } from 'node:fs';
import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { forbidden } from '../../../support/fault-effects.ts';
import { lastNight } from '../../../support/now.ts';
import type { RestoreScene } from './scene.ts';

/** The tests of `restore --all` and of patterns, in a scene that others share. */
export function describeWholeVault(scene: RestoreScene): void {
  const { cli, vault, versionIds } = scene;

  describe('restore of a whole vault', () => {
    test('does not guess which is meant when both one key and all are named', async () => {
      const line = 'restore --vault-name contoso-prod --all --name signing --to-vault-name contoso-dr --what-if';
      expect(await cli(line)).toEnd(2, "option '--name <KEY>' cannot be used with option '--all'");
    });

    test('plans, restores every key at the pace of the target, keeps a receipt, and goes on where a pass ended', async () => {
      const receipt = join(scene.folder, 'all.jsonl');
      const line = `restore --vault-name contoso-prod --all --to-vault-name contoso-dr --receipt ${receipt}`;
      vault('contoso-dr').addKey({ name: 'tenant-10' });

      const whatIf = await cli(`${line} --what-if --json`);
      expect(whatIf.code).toBe(3);
      expect(whatIf.json()).toMatchObject({ certificateBacked: ['www-cert'], estimatedMs: 6300 });
      expect(whatIf.stderr).toContain('1 certificate-backed key to bring back with its certificate');
      expect([vault('contoso-dr').keyNames(), existsSync(receipt)]).toEqual([['tenant-10'], false]);

      const interrupt = new AbortController();
      const started = cli(`${line} --max-per-second 10 --yes --json`, { signal: interrupt.signal });
      await expect.poll(() => vault('contoso-dr').keyNames().length, { interval: 20 }).toBeGreaterThan(3);
      interrupt.abort();
      const first = await started;
      expect(first.code).toBe(3);
      expect(first.stderr).toContain('Run the same command again to go on');
      const done = first.json<{ counts: { restored: number; left: number } }>().counts;
      expect(done.left).toBeGreaterThan(0);
      expect(vault('contoso-dr').keyNames()).toHaveLength(done.restored + 1);

      const second = await cli(`${line} --max-per-second 1000 --yes --json`);
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
      expect(await cli(line)).toEnd(1, `from ${day}T23:59:59Z or before`);
    });

    test('names the permission that is missing to look at the target', async () => {
      const effect = forbidden('ForbiddenByRbac');
      scene.azure.keyVault.faults.add({ source: 'contoso-dr', operation: 'listKeys', effect });
      expect(await cli('restore --vault-name contoso-prod --all --to-vault-name contoso-dr --what-if')).toEnd(
        1,
        /Cannot list the keys of vault "contoso-dr".*Grant Microsoft.KeyVault\/vaults\/keys\/read\./,
      );
    });

    test('brings back what is missing of a vault, and takes keys that are still there for no failure', async () => {
      const before = vault('contoso-prod').keyNames().length;
      vault('contoso-prod').purgeKey('tenant-20');
      const receipt = join(scene.folder, 'own.jsonl');
      const line = `restore --vault-name contoso-prod --name "tenant-*" --to-vault-name contoso-prod --receipt ${receipt}`;
      const whatIf = await cli(`${line} --what-if`);
      expect(whatIf).toEnd(0, '19 keys still there');
      expect(whatIf.stderr).not.toContain('tenant-21');
      expect(whatIf.stdout).toMatch(/^ {2}tenant-20 +restore +record from \d{4}-\d\d-\d\dT[\d:]+Z \(\d+ \w+ ago\)$/m);
      expect(whatIf.stdout.match(/still there/g)).toHaveLength(19);
      const { code, json } = await cli(`${line} --yes --json`);
      const none = { failed: 0, stranger: 0, unproven: 0, left: 0 };
      expect([code, json().counts]).toMatchObject([0, { planned: 20, stillThere: 19, restored: 1, ...none }]);
      expect(vault('contoso-prod').keyNames()).toHaveLength(before);
      expect((await cli(`${line} --yes --json`)).json()).toMatchObject({ counts: { stillThere: 19, alreadyThere: 1 } });
    });

    test('says of a key that came back whether it is disabled', async () => {
      const line = 'restore --vault-name contoso-prod --name "P*" --to-vault-name contoso-dr --yes --receipt';
      const run = await cli(`${line} ${join(scene.folder, 'disabled.jsonl')}`);
      expect(run.stdout).toMatch(/keys\/Payroll restored, disabled$/m);
    });

    test('prints the first five of many taken names, and buries no other failure under them', async () => {
      for (let tenant = 10; tenant < 22; tenant++) vault('contoso-dr').addKey({ name: `tenant-${tenant}` });
      vault('contoso-dr').addKey({ name: 'tenant-29' });
      vault('contoso-dr').deleteKey('tenant-29');
      const receipt = join(scene.folder, 'taken.jsonl');
      const line = `restore --vault-name contoso-prod --name "tenant-*" --to-vault-name contoso-dr --max-per-second 1000 --yes --receipt ${receipt}`;
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
      const receipt = join(scene.folder, 'tenants.jsonl');
      const line = `restore --vault-name contoso-prod --name "tenant-1?" --to-vault-name contoso-dr --max-per-second 1000 --yes --receipt ${receipt}`;
      expect((await cli(line)).code).toBe(0);
      expect(vault('contoso-dr').keyNames()).toHaveLength(10);
      const other = await cli(line.replace('to-vault-name contoso-dr', 'to-vault-name contoso-us'));
      expect(other).toEnd(2, 'the receipt of another restore');
      const notes = join(scene.folder, 'notes.txt');
      await writeFile(notes, 'what I must not forget\n');
      expect(await cli(line.replace(receipt, notes))).toEnd(2, `${notes} is no receipt of a restore`);
      expect(await readFile(notes, 'utf8')).toBe('what I must not forget\n');
      // A pass that died in the middle of a line.
      await appendFile(receipt, '{"at":"2');
      expect((await cli(line)).code).toBe(0);
      expect(await readFile(receipt, 'utf8')).toMatch(/\n\{"at":"2\n\{"at":"[^\n]*"event":"begin"/);
      expect(await cli(line.replace(receipt, scene.folder))).toEnd(1, 'Name another file: --receipt FILE.');
    });
  });
}
