import { describe, expect, test } from 'vitest';
import { auditOnce } from '../support/audit-app.ts';
import { keyIn } from '../support/audit-findings.ts';
import { digestOf } from '../support/container-view.ts';
import { startEscrowApp } from '../support/escrow-app.ts';
import { linesNamed } from '../support/escrow-host.ts';
import { useEscrow } from '../support/escrow-scene.ts';
import { forbidden } from '../support/fault-effects.ts';

const prod = { vaultName: 'contoso-prod', keys: ['*'], except: ['tmp-*'], retired: ['old-*'] };
const web = { vaultName: 'contoso-web' };
const hsm = { hsmName: 'contoso-hsm', securityDomain: 'contoso-2026' };
const sources = [prod, web, hsm];

const { azure, container, night } = await useEscrow(
  [
    {
      kind: 'vault',
      name: 'contoso-prod',
      keys: [
        ...['signing', 'payroll', 'Ledger'].map((name) => ({ name, versions: 2 })),
        { name: 'www-cert', managed: true },
        'tmp-build',
      ],
    },
    { kind: 'vault', name: 'contoso-web', keys: ['web-a'] },
    { kind: 'managedHsm', name: 'contoso-hsm', keys: ['payments'] },
  ],
  sources,
);

/** The audit some hours from now. */
async function auditAfter(hoursAhead: number) {
  const run = await auditOnce(azure, sources, hoursAhead);
  return { ...run, audit: await run.kept() };
}

describe('the daily audit', () => {
  test('raises the alarm when no night has ever been', async () => {
    const { gaps, error, audit } = await auditAfter(0);
    expect(gaps).toEqual([
      'runMissing vaults/contoso-prod',
      'runMissing vaults/contoso-web',
      'runMissing managed-hsms/contoso-hsm',
    ]);
    expect(error?.message).toContain('0 of 5 keys have an intact backup');
    expect(audit.totals.byStatus).toMatchObject({ pending: 5, never: 0, fresh: 0, certificateBacked: 1, excluded: 1 });
  });

  test('is quiet after a night in which every key was escrowed, and says so in a log line, a JSON and a page', async () => {
    await night();
    const { completed, error, audit, gaps } = await auditAfter(2);
    expect([gaps, error]).toEqual([[], undefined]);
    expect(completed).toMatchObject({ status: 'ok', keys: 5, intact: 5, findings: 0 });
    expect(audit.totals).toMatchObject({ keys: 5, intact: 5 });
    const [json, html] = (await container.names('audits/2')).slice(-2).reverse();
    expect([json, html]).toEqual([completed?.blobName, json?.replace('.json', '.html')]);
    expect(digestOf('sha256', await container.read(json ?? ''), 'hex')).toBe(completed?.sha256);
    expect((await container.read(html ?? '')).toString()).toContain(
      '5 of 5 keys have an intact backup · 0 proven by a restore',
    );
  });

  test('witnesses every version with the thumbprint of its public key', async () => {
    const { audit } = await auditAfter(2.1);
    const ledger = keyIn(audit, 'Ledger');
    const versions = azure.vault('contoso-prod').versions('ledger') ?? [];
    expect(ledger?.versions?.known).toHaveLength(2);
    expect(new Set(ledger?.versions?.known.map(({ version }) => version))).toEqual(
      new Set(versions.map(({ id }) => id)),
    );
    for (const { id, publicJwk } of versions) {
      const { crv, x, y } = publicJwk;
      const canonical = Buffer.from(JSON.stringify({ crv, kty: 'EC', x, y }));
      const thumbprint = Buffer.from(digestOf('sha256', canonical, 'base64'), 'base64').toString('base64url');
      expect(ledger?.versions?.known.find(({ version }) => version === id)?.thumbprint).toBe(thumbprint);
    }
  });

  test('sees that the canary, which the night tried to overwrite and to delete, is what it was', async () => {
    const { audit } = await auditAfter(2.2);
    expect(audit.canary).toMatchObject({ createdAt: expect.any(String), etag: expect.any(String) });
    expect(await container.names('runs/canary')).toEqual(['runs/canary']);
  });

  test('finds a source that forbids it, and keeps what is known of its keys', async () => {
    const restoreAccess = azure.keyVault.faults.add({
      source: 'contoso-web',
      operation: 'listKeys',
      effect: forbidden('ForbiddenByRbac'),
    });
    const { gaps, error, audit } = await auditAfter(3);
    expect(gaps).toEqual(['sourceUnreadable vaults/contoso-web']);
    expect(audit.findings[0]?.remedy).toContain('Grant Microsoft.KeyVault/vaults/keys/read');
    expect(error?.message).toContain('Vault "contoso-web": its keys cannot be listed (access denied');
    expect(audit.totals).toMatchObject({ keys: 5, intact: 5 });
    restoreAccess();
    expect((await auditAfter(3.1)).gaps).toEqual([]);
  });

  test('finds a record that was removed behind its back, and is quiet once the key is escrowed again', async () => {
    const [name = ''] = await container.names('vaults/contoso-prod/signing/');
    await container.client.deleteBlob(name);
    const { gaps, audit, error } = await auditAfter(5);
    expect(gaps).toEqual(['recordMissing vaults/contoso-prod/signing']);
    expect(audit.findings[0]?.detail).toBe(name);
    expect(error?.message).toContain('4 of 5 keys have an intact backup');
    const app = await startEscrowApp(azure, sources);
    const { lines } = await app.deliver({ vaultName: 'contoso-prod', name: 'signing' });
    const [escrowed] = linesNamed(lines, 'escrow.key.escrowed');
    const after = await auditAfter(5.1);
    expect(keyIn(after.audit, 'signing')).toMatchObject({ status: 'fresh', record: { blobName: escrowed?.blobName } });
  });

  test('finds a record that was replaced by another of the same length, with the same metadata', async () => {
    const [name = ''] = await container.names('managed-hsms/contoso-hsm/payments/');
    const before = await container.read(name);
    const { metadata = {} } = await container.client.getBlobClient(name).getProperties();
    await container.put(name, 'x'.repeat(before.length), metadata);
    const { gaps } = await auditAfter(6);
    expect(gaps).toContain('recordAltered managed-hsms/contoso-hsm/payments');
    await container.client.getBlockBlobClient(name).upload(before, before.length, { metadata });
  });

  test('finds a night that was missed: no run, and every key too old', async () => {
    const { gaps, error, audit } = await auditAfter(30);
    expect(gaps).toEqual(expect.arrayContaining(['runMissing vaults/contoso-web', 'stale vaults/contoso-web/web-a']));
    // What was altered never counts again, even if it is put back: the key has no record.
    expect(gaps).toContain('neverEscrowed managed-hsms/contoso-hsm/payments');
    expect(error?.message).toContain('4 of 5 keys have an intact backup');
    // Backed up after 22:00, it was young enough at the end of the next day.
    expect(keyIn(audit, 'web-a')?.days).toMatch(/e1(h1s1|s[12])$/);
  });
});
