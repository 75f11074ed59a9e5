import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { digestOf } from '../support/container-view.ts';
import { escrowLines, linesNamed } from '../support/escrow-host.ts';
import { useHostedEscrow } from '../support/hosted-escrow.ts';
import { day, fromNow, lastNight } from '../support/now.ts';

const place = { subscriptionId: 'c0de', geography: 'europe' };
const sources = [
  { vaultName: 'contoso-prod', keys: ['*', 'Signing'], except: ['tmp-*'], retired: ['old-*'], ...place },
  { vaultName: 'contoso-web' },
  { hsmName: 'contoso-hsm', securityDomain: 'contoso-2026' },
];
const occurrence = lastNight();
const runId = scheduledRunId(occurrence);
const tenants = Array.from({ length: 28 }, (_, index) => `tenant-${index}`);

const { azure, container, host } = await useHostedEscrow(
  [
    {
      kind: 'vault',
      name: 'contoso-prod',
      ...place,
      keys: [
        { name: 'Signing', kty: 'RSA', versions: 3, tags: { owner: 'platform' } },
        { name: 'expired', expiresOn: fromNow(-day) },
        { name: 'paused', enabled: false },
        { name: 'www-cert', managed: true },
        'tmp-build',
        'old-root',
        ...tenants.map((name) => ({ name, versions: 2 })),
      ],
    },
    { kind: 'vault', name: 'contoso-web', keys: ['web-a', 'web-b'] },
    { kind: 'managedHsm', name: 'contoso-hsm', securityDomain: 'contoso-2026', keys: ['payments', 'ledger'] },
  ],
  { sources },
);

const expectedRecords = [
  ...['expired', 'paused', 'signing', ...tenants].map((key) => `vaults/contoso-prod/${key}/${runId}.keybackup`),
  ...['web-a', 'web-b'].map((key) => `vaults/contoso-web/${key}/${runId}.keybackup`),
  ...['payments', 'ledger'].map((key) => `managed-hsms/contoso-hsm/${key}/${runId}.keybackup`),
].sort();

async function recordNames(): Promise<string[]> {
  return (await container.records()).map(({ name }) => name);
}

describe('the nightly run of the deployed bundle', () => {
  test('escrows every selected key of every source, enabled or not, expired or not', async () => {
    const fired = await host.fireTimer('nightlyEscrow', { at: occurrence });
    expect(fired.error).toBeUndefined();
    expect(await recordNames()).toEqual(expectedRecords);
    const completed = linesNamed(escrowLines(host.events), 'escrow.run.completed');
    expect(new Set(completed.map(({ source, status, considered }) => `${source} ${status} ${considered}`))).toEqual(
      new Set(['managed-hsms/contoso-hsm ok 2', 'vaults/contoso-prod ok 34', 'vaults/contoso-web ok 2']),
    );
  });

  test('says why a key is skipped and what to do, and skips nothing silently', () => {
    const skipped = linesNamed(escrowLines(host.events), 'escrow.key.skipped');
    expect(Object.fromEntries(skipped.map(({ key, reason }) => [key, reason]))).toEqual({
      'www-cert': 'certificateBacked',
      'tmp-build': 'excluded',
      'old-root': 'retired',
    });
    expect(skipped.find(({ key }) => key === 'www-cert')?.message).toMatch(/back up the certificate/);
  });

  test('leaves one report per source whose counts add up, beside the marker that the run began', async () => {
    expect(await container.names(`runs/${runId}/`)).toEqual([
      `runs/${runId}/managed-hsms/contoso-hsm.json`,
      `runs/${runId}/managed-hsms/contoso-hsm.started`,
      `runs/${runId}/vaults/contoso-prod.json`,
      `runs/${runId}/vaults/contoso-prod.started`,
      `runs/${runId}/vaults/contoso-web.json`,
      `runs/${runId}/vaults/contoso-web.started`,
    ]);
    for (const { counts, keys } of await container.reports(runId)) {
      const { considered, escrowed, alreadyEscrowed, skipped, failed } = counts;
      expect(escrowed + alreadyEscrowed + skipped + failed).toBe(considered);
      expect(keys).toHaveLength(considered);
    }
  });

  test('describes every record: digest, service-checked MD5, key, run, trigger, and where it can be restored', async () => {
    const records = await container.records();
    const contents = await Promise.all(records.map(({ name }) => container.read(name)));
    for (const [index, { bytes, contentType, contentMd5, metadata }] of records.entries()) {
      const content = contents[index] ?? Buffer.alloc(0);
      expect(content).toHaveLength(bytes);
      expect(contentType).toBe('application/octet-stream');
      expect(contentMd5).toBe(digestOf('md5', content, 'base64'));
      expect(metadata.sha256).toBe(digestOf('sha256', content, 'hex'));
      expect(metadata).toMatchObject({ runid: runId, trigger: 'schedule' });
    }
    const of = (name: string) => records.find((record) => record.name.includes(`/${name}/`))?.metadata;
    expect(of('signing')).toEqual({
      keyid: 'https://contoso-prod.vault.azure.net/keys/Signing',
      runid: runId,
      backedupat: expect.stringMatching(/^\d{4}-.*Z$/),
      trigger: 'schedule',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      enabled: 'true',
      keyupdatedat: expect.stringMatching(/^\d{4}-.*Z$/),
      format: expect.stringMatching(/\w/),
      subscriptionid: 'c0de',
      geography: 'europe',
    });
    expect(of('paused')).toMatchObject({ enabled: 'false' });
    expect(of('payments')).toMatchObject({
      keyid: 'https://contoso-hsm.managedhsm.azure.net/keys/payments',
      securitydomain: 'contoso-2026',
    });
    expect(of('payments')?.format).not.toBe(of('signing')?.format);
  });

  test('adds nothing when the same occurrence is run again, backs nothing up, and says already escrowed', async () => {
    const before = await container.list();
    const since = host.events.length;
    const backups = () => azure.keyVault.requests.filter(({ operation }) => operation === 'backupKey').length;
    const backupsBefore = backups();
    expect((await host.fireTimer('nightlyEscrow', { at: occurrence })).error).toBeUndefined();

    expect(await recordNames()).toEqual(expectedRecords);
    const after = new Map((await container.list()).map((blob) => [blob.name, blob]));
    for (const blob of before) expect(after.get(blob.name)).toEqual(blob);
    expect(backups()).toBe(backupsBefore);
    const escrowed = linesNamed(escrowLines(host.events, since), 'escrow.key.escrowed');
    expect(escrowed).toHaveLength(expectedRecords.length);
    expect(escrowed.every(({ already }) => already)).toBe(true);
    const resumed = linesNamed(escrowLines(host.events, since), 'escrow.run.started').map((line) => line.resumed);
    expect(resumed).toEqual([true, true, true]);
    expect(await container.names(`runs/${runId}/`)).toContain(`runs/${runId}/vaults/contoso-web.2.json`);
  });

  test('acts as the deployed identity alone, and asks no host that is not configured', () => {
    const callers = [...azure.keyVault.requests, ...azure.storage.requests].map(({ identity }) => identity);
    // Undefined: the challenge request that opens each Key Vault conversation carries no token.
    expect(new Set(callers)).toEqual(new Set(['app', 'overseer', undefined]));
    const unnamed = azure.keyVault.requests.filter(({ identity }) => identity === undefined);
    expect(unnamed.map(({ status }) => status)).toEqual(sources.map(() => 401));
    expect(azure.storage.requests.filter(({ identity }) => identity === undefined)).toEqual([]);
    expect(azure.identityEndpoint.requests.every(({ identity }) => identity === 'app')).toBe(true);
    expect(azure.proxy.refusedHosts).toEqual([]);
  });
});
