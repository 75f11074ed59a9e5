import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useEscrow } from '../support/escrow-scene.ts';
import { hour, lastNight } from '../support/now.ts';
import { useFolder } from '../support/temporary-folder.ts';

const older = new Date(lastNight().getTime() - hour);

const { azure, container, cli, night, audit } = await useEscrow(
  [
    { kind: 'vault', name: 'contoso-prod', keys: ['signing', 'payroll', { name: 'www-cert', managed: true }] },
    { kind: 'vault', name: 'contoso-dr' },
  ],
  [{ vaultName: 'contoso-prod' }],
);
const folder = await useFolder();
await night(older);
await night();

const dr = azure.vault('contoso-dr');
const restore = 'restore --vault-name contoso-prod --name signing --to-vault-name contoso-dr';

/** Newest last, by name. */
async function recordsOf(key: string): Promise<string[]> {
  return container.names(`vaults/contoso-prod/${key}/`);
}

async function setTier(names: readonly string[], tier: 'Archive' | 'Cool' | 'Hot'): Promise<void> {
  for (const name of names) await container.clientOf(name).getBlobClient(name).setAccessTier(tier);
}

describe('records that were archived', () => {
  test('are shown as such by list, with the tier of every record in its JSON', async () => {
    const [first = '', second = ''] = await recordsOf('signing');
    await setTier([first], 'Cool');
    await setTier([second], 'Archive');
    expect(await cli('list --vault-name contoso-prod --name signing')).toPrint(0, 'tier Archive', 'tier Cool');
    const listed = await cli('list --vault-name contoso-prod --name signing --json');
    const tiers = listed.json<{ records: { blobName: string; tier: string }[] }>().records;
    expect(Object.fromEntries(tiers.map(({ blobName, tier }) => [blobName, tier]))).toEqual({
      [first]: 'Cool',
      [second]: 'Archive',
    });
  });

  test('are reported by status and by a report made now, and by neither called intact', async () => {
    expect(await cli('status')).toPrint(3, /signing .*archive tier/);
    const page = await cli('report --now');
    expect(page.stdout).toContain('1 of 2 keys have an intact backup · 0 proven by a restore');
    const report = await cli('report --now --json');
    const gap = expect.arrayContaining([expect.objectContaining({ key: 'signing', severity: 'gap' })]);
    expect([report.code, report.json()]).toMatchObject([3, { findings: gap }]);
  });

  test.each(['--what-if', '--yes'])(
    'are not promised by a restore, which says how to bring them back: %s',
    async (how) => {
      const { code, stdout, stderr } = await cli(`${restore} ${how}`);
      expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('is in the archive tier')]);
      expect(stdout + stderr).toMatch(/az storage blob set-tier .*--tier Hot/);
      const [readable = ''] = await recordsOf('signing');
      expect(stdout + stderr).toContain(`An older one can be restored now: --blob-name ${readable}`);
      expect(stdout + stderr).not.toContain('another attempt');
      expect(dr.keyNames()).toEqual([]);
    },
  );

  test('stop no other key of a restore of all, and an older one is restored by its name', async () => {
    const all = `restore --vault-name contoso-prod --all --to-vault-name contoso-dr --yes --receipt ${folder}/all`;
    const many = await cli(all);
    const said = expect.stringContaining('is in the archive tier');
    expect([many.code, dr.keyNames(), many.stdout]).toEqual([3, ['payroll'], said]);
    const [readable = ''] = await recordsOf('signing');
    expect((await cli(`restore --blob-name ${readable} --to-vault-name contoso-dr --yes`)).code).toBe(0);
    for (const name of dr.keyNames()) dr.purgeKey(name);
  });

  test('stay archived for hours once they were called back, and that is said too', async () => {
    const [, archived = ''] = await recordsOf('signing');
    await setTier([archived], 'Hot');
    const blob = container.clientOf(archived).getBlobClient(archived);
    expect(await blob.getProperties()).toMatchObject({
      accessTier: 'Archive',
      archiveStatus: 'rehydrate-pending-to-hot',
    });
    await expect(blob.setAccessTier('Hot')).rejects.toMatchObject({ statusCode: 409, code: 'BlobBeingRehydrated' });
    await expect(blob.download()).rejects.toMatchObject({ statusCode: 409 });
    expect((await cli('list --vault-name contoso-prod --name signing')).stdout).toContain('rehydrate-pending-to-hot');
    expect((await cli('status')).stdout).toMatch(/signing .*on its way back/);
    const { stdout, stderr } = await cli(`${restore} --what-if`);
    expect(stdout + stderr).toMatch(/on its way back/);
    expect(stdout + stderr).not.toMatch(/set-tier .*signing/);

    await azure.storage.completeRehydration();
    expect((await blob.getProperties()).archiveStatus).toBeUndefined();
    const restored = await cli(`${restore} --yes`);
    expect([restored.code, dr.keyNames()]).toEqual([0, ['signing']]);
  });
});

describe('side blobs that were archived', () => {
  test('stop neither status, an audit, a report nor a restore', async () => {
    await audit();
    const audits = (await container.names('audits/')).filter((name) => name.endsWith('.json'));
    const reports = (await container.names('runs/')).filter((name) => name.endsWith('.json'));
    await setTier([...reports, ...audits], 'Archive');
    dr.purgeKey('signing');
    expect((await cli('status --vault-name contoso-prod --json')).stderr).not.toContain('Error');
    await audit();
    expect((await cli('report --now --json')).json()).toMatchObject({ format: expect.stringContaining('audit') });
    const receipt = join(folder, 'receipt.jsonl');
    const all = `restore --vault-name contoso-prod --all --to-vault-name contoso-dr --yes --receipt ${receipt}`;
    const restored = await cli(all);
    expect(restored).toEnd(0, /run reports of vault "contoso-prod" cannot be read/);
    expect(restored.stderr).not.toContain('Error');
    expect(new Set(dr.keyNames())).toEqual(new Set(['payroll', 'signing']));
  });
});
