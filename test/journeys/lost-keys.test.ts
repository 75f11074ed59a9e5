import { ContainerClient } from '@azure/storage-blob';
import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { auditFormat } from '../../src/escrow/records/audit-document.ts';
import { auditOnce, startAuditApp } from '../support/audit-app.ts';
import { found, keyIn } from '../support/audit-findings.ts';
import { startEscrowApp } from '../support/escrow-app.ts';
import { linesNamed } from '../support/escrow-host.ts';
import type { SourceSetting } from '../support/escrow-place.ts';
import { useEscrow } from '../support/escrow-scene.ts';
import type { TestAzure } from '../support/local-azure.ts';
import { now } from '../support/now.ts';
import { replaceKey } from '../support/replaced-key.ts';
import { thiefOf } from '../support/thief.ts';

// Keys are purged, replaced, rotated and deleted by those who may; a thief of the backup identity covers it up as far as that
// identity goes; an administrator removes what audits saw. The audit runs under its own identity, the commands under a person's.

const sources = [{ vaultName: 'contoso-prod' }];

const { azure, container, env, cli, night } = await useEscrow(
  [
    {
      kind: 'vault',
      name: 'contoso-prod',
      keys: ['orders', 'rotated', 'requested', 'narrowed', 'www', { name: 'tokens', versions: 3 }],
    },
    { kind: 'vault', name: 'contoso-dr' },
  ],
  sources,
);
const prod = azure.vault('contoso-prod');
await night();
expect((await auditNow()).status).toBe('ok');

/** The audit some hours from now. */
async function auditNow(hoursAhead = 0, of: readonly SourceSetting[] = sources) {
  return (await auditOnce(azure, of, hoursAhead)).kept();
}

const recordOf = async (key: string) => (await container.list(`vaults/contoso-prod/${key}/`)).at(-1);

describe('a key that was purged and made again, as by a Terraform destroy and apply', () => {
  test('is a gap that names the last record of the old key; that record brings the old key back', async () => {
    const before = prod.versions('tokens').map(({ id }) => id);
    const last = await recordOf('tokens');
    await replaceKey(prod, 'tokens', last);
    const audit = await auditNow();
    expect(found(audit)).toContain('keyReplaced tokens');
    expect(audit.findings.find(({ finding }) => finding === 'keyReplaced')?.detail).toContain(last?.name);
    const known = keyIn(audit, 'tokens')?.versions?.known ?? [];
    expect(known.map(({ version }) => version)).toEqual(expect.arrayContaining(before));

    expect(await cli('status --name tokens')).toPrint(3, 'it is another key');
    const line = `restore --blob-name ${last?.name} --to-vault-name contoso-dr --yes --max-per-second 1000`;
    expect((await cli(line)).code).toBe(0);
    const restored = azure.vault('contoso-dr').versions('tokens') ?? [];
    expect(new Set(restored.map(({ id }) => id))).toEqual(new Set(before));
  });
});

describe('a key that changed after the night', () => {
  test('may lack the change: a warning with a count, and a gap when the change is older than the maximal age', async () => {
    await replaceKey(prod, 'rotated', await recordOf('rotated'));
    const audit = await auditNow();
    expect(found(audit)).toContain('changedSinceBackup rotated (warning)');
    expect(audit.totals.changed).toBeGreaterThan(0);
    const status = await cli('status --name rotated');
    expect(status.stdout).toContain('may lack the change');
    expect((await cli('report --now')).stdout).toContain('may lack the change');
    expect(found(await auditNow(27))).toContain('changedSinceBackup rotated');
  });

  test('is covered by a request, whose record the audit, list, status and a report made now all name', async () => {
    await replaceKey(prod, 'requested', await recordOf('requested'));
    expect(found(await auditNow())).toContain('changedSinceBackup requested (warning)');
    const app = await startEscrowApp(azure, sources);
    const { lines } = await app.deliver({ vaultName: 'contoso-prod', name: 'requested' });
    const { blobName = 'none' } = linesNamed(lines, 'escrow.key.escrowed')[0] ?? {};
    const audit = await auditNow();
    expect(found(audit)).not.toContain('changedSinceBackup requested (warning)');
    expect(keyIn(audit, 'requested')?.record?.blobName).toBe(blobName);
    const listed = await cli('list --vault-name contoso-prod --name requested --json');
    expect(listed.json<{ records: { blobName: string }[] }>().records[0]?.blobName).toBe(blobName);
    for (const line of ['status --name requested --json', 'report --now --json'])
      expect((await cli(line)).stdout).toContain(blobName);
  });
});

describe('settings that leave keys out', () => {
  test('are a warning where escrowed keys drop out, and a gap where a key stays without a record', async () => {
    prod.addKey({ name: 'forgotten' });
    expect(keyIn(await auditNow(), 'forgotten')?.status).toBe('pending');
    expect(found(await auditNow(27))).toContain('neverEscrowed forgotten');
    const narrowed = await auditNow(0, [{ vaultName: 'contoso-prod', except: ['narrowed'] }]);
    expect(found(narrowed)).toContain('selectionNarrowed (warning)');
    expect(narrowed.findings.find(({ finding }) => finding === 'selectionNarrowed')?.detail).toContain('narrowed');
    prod.purgeKey('forgotten');
  });

  test('and a schedule that never occurs are refused at start, by the app and by a command', async () => {
    const settings = { ESCROW_SCHEDULE: '0 0 2 30 2 *' };
    await expect(startAuditApp(azure, sources, 0, { settings })).rejects.toThrow('never occurs');
    expect(await cli('plan', { env: { ...env, ...settings } })).toEnd(2, 'never occurs');
  });
});

describe('what audits saw', () => {
  const auditsAs = (identity: TestAzure['identities']['app']) =>
    new ContainerClient(azure.auditContainerUrl, azure.credential(identity), { retryOptions: { maxTries: 1 } });

  test('is not for the backup identity to write: a false audit without a deleted key is refused, and beside the point', async () => {
    prod.deleteKey('orders');
    const name = `audits/${scheduledRunId(now())}.json`;
    const content = JSON.stringify({ format: auditFormat, keys: [] });
    const put = auditsAs(azure.identities.app).getBlockBlobClient(name).upload(content, content.length);
    await expect(put).rejects.toMatchObject({ statusCode: 403 });
    await thiefOf(azure).put(name, content);
    const audit = await auditNow();
    expect(found(audit)).toContain('keyGone orders');
    expect(audit.previous?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await cli('status --name orders')).toPrint(3, 'gone');
  });

  test('is missed when an administrator has removed it, and so are the keys that only records are left of', async () => {
    for (const name of await container.names('audits/')) await container.clientOf(name).deleteBlob(name);
    expect((await cli('report --now', { hoursLater: 54 })).stdout).toContain('no audit before this one');
    const audit = await auditNow(54);
    expect(found(audit)).toEqual(expect.arrayContaining(['auditMissing', 'recordsOfUnknownKeys (warning)']));
    expect(audit.findings.find(({ finding }) => finding === 'recordsOfUnknownKeys')?.detail).toContain('orders');
  });
});

test('a key whose name a certificate has taken is told at once by status, and by audits until it is back', async () => {
  const last = await recordOf('www');
  prod.purgeKey('www');
  prod.addKey({ name: 'www', managed: true });
  expect(await cli('status --name www')).toPrint(3, 'it is another key');
  for (let audits = 0; audits < 2; audits++) {
    const { findings } = await auditNow();
    const [loss] = findings.filter(({ key }) => key === 'www');
    expect(loss).toMatchObject({ finding: 'keyReplaced', severity: 'gap' });
    expect(loss?.detail).toContain(last?.name);
  }
});
