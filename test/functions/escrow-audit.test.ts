import { afterEach, describe, expect, test } from 'vitest';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import { ServiceError } from '../../src/escrow/model/service-error.ts';
import { auditOnce, startAuditApp } from '../support/audit-app.ts';
import { keyIn } from '../support/audit-findings.ts';
import { useEscrow } from '../support/escrow-scene.ts';
import { answer, forbidden } from '../support/fault-effects.ts';

const sources = [{ vaultName: 'contoso-prod' }];

const { azure, container, night } = await useEscrow(
  [{ kind: 'vault', name: 'contoso-prod', keys: [{ name: 'signing', kty: 'RSA', versions: 2 }] }],
  sources,
);
await night();

afterEach(() => {
  azure.storage.faults.clear();
  azure.keyVault.faults.clear();
});

/** What the app's identity would be if somebody had given it too much. */
function almighty(): LocalIdentity {
  const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
  const more = ['read', 'add/action', 'write', 'delete'].map((action) => `${blobs}/${action}`);
  const all = [...azure.identities.app.dataActions, ...more];
  return azure.registry.find('almighty') ?? azure.registry.add('almighty', all);
}

describe('the audit trigger', () => {
  test('says reason and remedy when the container cannot be read, and claims no audit', async () => {
    azure.storage.faults.add({ operation: 'listBlobs', effect: answer(403, 'AuthorizationPermissionMismatch') });
    const { error, lines } = await auditOnce(azure, sources, 1);
    expect(error?.name).toBe('AuditFailedError');
    expect(error?.message).toMatch(
      /^Cannot audit the escrow: .*AuthorizationPermissionMismatch.*Grant blobs\/add\/action/,
    );
    expect(error?.cause).toBeInstanceOf(ServiceError);
    expect(lines).toEqual([]);
  });

  test('waits a storm of 429 out, and counts a key whose versions it cannot read as a warning only', async () => {
    azure.keyVault.faults.add({ operation: 'listKeys', times: 2, effect: { kind: 'throttle' } });
    azure.keyVault.faults.add({ operation: 'listVersions', effect: answer(500, 'InternalServerError') });
    const { error, gaps, kept } = await auditOnce(azure, sources, 2);
    expect([error, gaps]).toEqual([undefined, ['versionsUncounted vaults/contoso-prod/signing']]);
    expect((await kept()).status).toBe('ok');
  });

  test('leaves a version that the service will not show without a thumbprint, and asks again next time', async () => {
    const [first] = azure.vault('contoso-prod').versions('signing') ?? [];
    azure.keyVault.faults.add({
      operation: 'getKey',
      times: 1,
      effect: answer(403, 'Forbidden', 'Operation get is not allowed on a disabled key.'),
    });
    const app = await startAuditApp(azure, sources, 3);
    const witnesses = async () => (await (await app.audit()).kept()).keys[0]?.versions?.known ?? [];
    const before = await witnesses();
    expect(before.filter(({ unread }) => unread)).toHaveLength(1);
    const after = await witnesses();
    expect(after.filter(({ thumbprint }) => thumbprint !== undefined)).toHaveLength(2);
    expect(after.map(({ version }) => version)).toContain(first?.id);
  });

  test('alarms when the identity that backs up could overwrite and delete: the canary is another one, or gone', async () => {
    await auditOnce(azure, sources, 4);
    const careless = await startAuditApp(azure, sources, 4.1, { identity: almighty() });
    await careless.tryCanary();
    const removed = await careless.audit();
    expect(removed.gaps).toEqual(['notWriteOnce *']);
    expect(removed.error?.message).toContain('runs/canary');
    const honest = await startAuditApp(azure, sources, 4.2);
    await honest.tryCanary();
    expect((await honest.audit()).gaps).toEqual([]);
    const { metadata = {} } = await container.client.getBlobClient('runs/canary').getProperties();
    await container.put('runs/canary', (await container.read('runs/canary')).toString(), metadata);
    expect((await honest.audit()).gaps).toEqual(['notWriteOnce *']);
  });

  test('says what it found before it keeps it, and says what could not be kept', async () => {
    azure.keyVault.faults.add({ operation: 'listKeys', effect: forbidden('ForbiddenByRbac') });
    const refuse = (blobName: RegExp) =>
      azure.storage.faults.add({
        operation: 'putBlob',
        blobName,
        effect: answer(403, 'AuthorizationPermissionMismatch'),
      });
    refuse(/audits.*\.json/);
    const unkept = await auditOnce(azure, sources, 4.8);
    expect(unkept.gaps).toEqual(['sourceUnreadable vaults/contoso-prod']);
    expect(unkept.error?.name).toBe('AuditFailedError');
    expect(unkept.error?.message).toMatch(/^Cannot save the audit \d{8}T\d{6}Z: .*AuthorizationPermissionMismatch/);
    expect(unkept.completed).toBeUndefined();

    azure.storage.faults.clear();
    refuse(/audits.*\.html/);
    const unshown = await auditOnce(azure, sources, 4.9);
    expect(unshown.gaps).toEqual(['sourceUnreadable vaults/contoso-prod']);
    expect(unshown.error?.message).toMatch(/^Cannot write the page of "audits\/\d{8}T\d{6}Z\.json"/);
    expect((await unshown.kept()).status).toBe('gaps');
    azure.storage.faults.clear();
    azure.keyVault.faults.clear();
    const next = await auditOnce(azure, sources, 4.95);
    expect([next.gaps, next.error]).toEqual([[], undefined]);
    expect(unshown.levels).toMatchObject({ 'escrow.coverage.gap': 'error', 'escrow.audit.completed': 'error' });
  });

  test('needs nothing of the part that backs up: neither its queue nor what leads there', async () => {
    const settings = { ESCROW_PART: 'audit', ESCROW_QUEUE_NAME: '', ESCROW_QUEUE__queueServiceUri: '' };
    expect((await auditOnce(azure, sources, 4.97, { settings })).completed).toBeDefined();
  });

  test('counts and witnesses the versions of a key over several pages', async () => {
    azure.vault('contoso-prod').addKey({ name: 'busy', versions: 60 });
    const busy = keyIn(await (await auditOnce(azure, sources, 6)).kept(), 'busy');
    expect(busy?.versions?.known).toHaveLength(60);
    expect(new Set(busy?.versions?.known.map(({ thumbprint }) => thumbprint)).size).toBe(60);
  });
});
