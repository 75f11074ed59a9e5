import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Audit } from '../../../src/escrow/records/audit-document.ts';
import { startAuditApp } from '../../support/audit-app.ts';
import { useEscrow } from '../../support/escrow-scene.ts';
import { useFolder } from '../../support/temporary-folder.ts';

const sources = [{ vaultName: 'contoso-prod' }];

const folder = await useFolder();
const { azure, container, env, cli, night } = await useEscrow(
  [{ kind: 'vault', name: 'contoso-prod', keys: ['signing'] }],
  sources,
);
const audits = () => container.names('audits/2');

describe('report', () => {
  test('says so when there is no audit yet', async () => {
    expect(await cli('report')).toEnd(1, 'there is no audit in https://', 'report --now');
  });

  test('writes the page of the newest audit, the same as lies beside it, without asking any source', async () => {
    const app = await startAuditApp(azure, sources, 0);
    await night();
    await app.audit();
    const [html = '', json = ''] = await audits();
    azure.keyVault.requests.length = 0;
    const file = join(folder, 'escrow.html');
    expect(await cli(`report -o ${file}`)).toEnd(0, '1 of 1 keys have an intact backup · 0 proven by a restore');
    expect(await readFile(file)).toEqual(await container.read(html));
    const shown = (await cli('report --json')).json<Audit & { audit: { name: string } }>();
    expect(shown.audit.name).toBe(json);
    expect(shown.totals).toMatchObject({ keys: 1, intact: 1 });
    expect(azure.keyVault.requests).toEqual([]);
  });

  test('calls the program in the page as it was started', async () => {
    const due = { env: { ...env, ESCROW_MAX_DRILL_AGE_DAYS: '1' } };
    const named = await cli('report --now', { ...due, program: 'npm run escrow --' });
    expect(named.stdout).toContain('<code>npm run escrow -- drill</code>');
    expect(named.stdout).not.toContain('<code>keyvault-escrow ');
    expect((await cli('report --now', due)).stdout).toContain('<code>keyvault-escrow drill</code>');
  });

  test('audits now with the own identity of a person, keeps nothing, and exits with 3 on gaps', async () => {
    azure.vault('contoso-prod').deleteKey('signing');
    const before = await container.names();
    const gone = '<b class="name">signing</b>: it is gone';
    expect(await cli('report --now')).toPrint(3, 'made on demand and not kept', gone);
    expect(await container.names()).toEqual(before);
  });

  test('does not print a page on a terminal, and says how to write it', async () => {
    const { code, stdout, stderr } = await cli('report', { isTTY: true });
    expect([code, stdout, stderr]).toEqual([
      2,
      '',
      expect.stringMatching(/\n {2}keyvault-escrow report -o \S+\.html\n$/),
    ]);
  });

  test('replaces a page only when a person agrees or --force is passed', async () => {
    const file = join(folder, 'taken.html');
    await writeFile(file, 'mine');
    expect((await cli(`report --now -o ${file}`)).code).toBe(2);
    expect((await cli(`report --now -o ${file}`, { answers: 'n\n' })).code).toBe(1);
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect((await cli(`report --now -o ${file}`, { answers: 'y\n' })).stderr).toContain(`Replace ${file}?`);
    expect(await readFile(file, 'utf8')).toMatch(/^<!doctype html>/i);
    expect((await cli(`report --now --force -o ${file}`)).stderr).not.toContain('Replace');
  });

  test('says where the page cannot be written, and what to do', async () => {
    const line = `report -o ${join(folder, 'nowhere', 'escrow.html')}`;
    expect(await cli(line)).toEnd(1, /Error: Cannot write .*nowhere.*ENOENT.*Choose another file\./);
  });

  test('shows the newest audit that can be read, and names the one that cannot', async () => {
    const json = (await audits()).filter((name) => name.endsWith('.json')).at(-1) ?? '';
    const spoiled = json.replace('.json', '.2.json');
    await container.put(spoiled, '{"format":"keyvault-escrow/audit/2"}', {});
    const { stdout, stderr } = await cli('report --json');
    expect(stderr).toContain(`The newest audit ${spoiled} cannot be read`);
    expect(JSON.parse(stdout).audit.name).toBe(json);
    await container.clientOf(spoiled).deleteBlob(spoiled);
  });
});
