import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { assignedRoles } from '../../local-azure/identity/deployed-roles.ts';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import { systemClock } from '../../src/azure/http/clock.ts';
import type { Audit } from '../../src/escrow/records/audit-document.ts';
import { servicesAs } from '../support/as-identity.ts';
import { escrowSettings } from '../support/escrow-place.ts';
import { noLimit } from '../support/escrow-sources.ts';
import { useTestAzure } from '../support/local-azure.ts';

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod' }] });
const backups = azure.containerName;
beforeEach(() => {
  azure.resourceManager.storage.policies.set(backups, { days: 365, state: 'Unlocked' });
});
afterEach(() => {
  azure.resourceManager.faults.length = 0;
});

/** What an audit under this identity sees. */
async function protection(
  who: LocalIdentity = azure.identities.audit,
  settings: Record<string, string> = {},
): Promise<Audit['protection']> {
  const { conductAuditNow } = await import('../../src/app/audit-escrow.ts');
  const services = await servicesAs(who, escrowSettings(azure, [{ vaultName: 'contoso-prod' }], settings));
  return (await conductAuditNow(services, noLimit)).protection;
}

const policies = async () =>
  (await protection())?.containers.map(({ policy, retentionDays }) => [policy, retentionDays]);

test('an audit sees how long each container keeps what lies in it, whether that is locked, and the redundancy', async () => {
  azure.resourceManager.storage.policies.set(backups, { days: 400, state: 'Locked' });
  expect(await protection()).toEqual({
    redundancy: 'Standard_RAGZRS',
    containers: [
      { container: backups, policy: 'locked', retentionDays: 400 },
      { container: `${backups}-audits`, policy: 'unlocked', retentionDays: 365 },
      { container: `${backups}-drills`, policy: 'unlocked', retentionDays: 365 },
    ],
  });
});

test('a container without a policy is reported as one', async () => {
  azure.resourceManager.storage.policies.set(backups, undefined);
  expect((await policies())?.[0]).toEqual(['none', undefined]);
});

test('what the identity may not see is reported with the reason, and stops no audit', async () => {
  const { everywhere, onContainers } = assignedRoles(azure.containers).audit;
  const blind = azure.registry.add(
    'blind',
    everywhere.filter((action) => !action.startsWith('Microsoft.Storage/')),
    onContainers,
  );
  const seen = await protection(blind);
  expect(seen).toMatchObject({ containers: [] });
  expect(seen?.notVisible).toContain('403 AuthorizationFailed');
});

test('the identity that backs up does not see it', async () => {
  const seen = await protection(azure.identities.app);
  expect(seen).toMatchObject({ containers: [] });
  expect(seen?.redundancy).toBeUndefined();
});

test('without the setting the audit asks nobody and says which one it lacks', async () => {
  expect(await protection(undefined, { ESCROW_ACCOUNT_ID: '' })).toEqual({
    containers: [],
    notVisible: 'the setting ESCROW_ACCOUNT_ID does not say which storage account it is',
  });
});

test('a Resource Manager that has the audit wait is asked no more after 45 seconds', async () => {
  const limit = new AbortController();
  const other = new AbortController().signal;
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => (ms === 45_000 ? limit.signal : other));
  onTestFinished(() => void vi.restoreAllMocks());
  const clock = { ...systemClock, sleep: async () => limit.abort() };
  const env = escrowSettings(azure, [{ vaultName: 'contoso-prod' }]);
  const { storage } = await servicesAs(azure.identities.audit, env, clock);
  azure.resourceManager.faults.push({ status: 503, headers: { 'retry-after': '3600' }, body: '{}' });
  await expect(storage?.redundancy(noLimit)).rejects.toMatchObject({ name: 'OutOfTime', cause: { statusCode: 503 } });
});

test.each([
  ['not JSON', '<html>'],
  ['of another form', '{"properties":{"hasImmutabilityPolicy":true}}'],
  [
    'of an absurd length',
    '{"properties":{"immutabilityPolicy":{"properties":{"state":"Locked","immutabilityPeriodSinceCreationInDays":-1}}}}',
  ],
  ['a redirect to another account', '{"sku":{"name":"https://evil.example"}}'],
])('an answer that is %s counts for nothing', async (_, body) => {
  const questions = 4;
  azure.resourceManager.faults.push(...Array.from({ length: questions }, () => ({ status: 200, body })));
  const seen = await protection();
  expect(seen).toMatchObject({ containers: [] });
  expect(seen?.redundancy).toBeUndefined();
  expect(seen?.notVisible).toContain('the answer');
});
