import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { assignedRoles } from '../../local-azure/identity/deployed-roles.ts';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import { systemClock } from '../../src/azure/http/clock.ts';
import type { Audit } from '../../src/escrow/records/audit-document.ts';
import { servicesAs } from '../support/as-identity.ts';
import { runCommand } from '../support/cli.ts';
import { escrowSettings } from '../support/escrow-place.ts';
import { noLimit } from '../support/escrow-sources.ts';
import { useTestAzure } from '../support/local-azure.ts';

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod' }] });
const backups = azure.containerName;
const management = 'management.azure.com';
beforeEach(() => {
  azure.resourceManager.storage.policies.set(backups, { days: 365, state: 'Unlocked' });
});
afterEach(() => {
  azure.resourceManager.faults.length = 0;
  azure.proxy.setFault(management, undefined);
  vi.restoreAllMocks();
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

/** Who may do what the audit does, but for seeing how the storage keeps it. */
function blind(): LocalIdentity {
  const { everywhere, onContainers } = assignedRoles(azure.containers).audit;
  const others = everywhere.filter((action) => !action.startsWith('Microsoft.Storage/'));
  return azure.registry.find('blind') ?? azure.registry.add('blind', others, onContainers);
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
  const seen = await protection(blind());
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

describe('doctor, asked whether an audit could say how the backups are kept,', () => {
  async function retention(who: LocalIdentity = azure.identities.audit, settings: Record<string, string> = {}) {
    const env = escrowSettings(azure, [{ vaultName: 'contoso-prod' }], settings);
    const { json } = await runCommand(azure, 'doctor --json', { identity: who, env, speed: 1000 });
    return json<{ checks: { check: string }[] }>().checks.find(({ check }) => check === 'retention');
  }
  const ofOtherGroup = azure.resourceManager.storage.id.replace('/resourceGroups/', '/resourceGroups/other-');

  test('says so where it can be read', async () => {
    expect(await retention()).toMatchObject({ status: 'ok' });
  });

  test.each([
    ['a role is missing', 'notChecked', /role "Key escrow: see how the escrow is kept"/, () => retention(blind())],
    [
      'the account is not there',
      'failed',
      /ESCROW_ACCOUNT_ID.* does not exist/,
      () => retention(undefined, { ESCROW_ACCOUNT_ID: ofOtherGroup }),
    ],
    [
      'no way leads to Resource Manager',
      'notChecked',
      /management\.azure\.com/,
      () => {
        azure.proxy.dropConnections();
        azure.proxy.setFault(management, { kind: 'refuse' });
        return retention();
      },
    ],
    [
      'Resource Manager has it wait for too long',
      'notChecked',
      /Another attempt may succeed/,
      () => {
        const { timeout } = AbortSignal;
        vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout.call(AbortSignal, ms === 45_000 ? 1 : ms));
        azure.resourceManager.faults.push({ status: 503, headers: { 'retry-after': '3600' }, body: '{}' });
        return retention();
      },
    ],
  ])('has the remedy where %s', async (_why, status, remedy, look) => {
    expect(await look()).toMatchObject({ status, remedy: expect.stringMatching(remedy) });
  });

  test('names the setting that is missing', async () => {
    const message = expect.stringContaining('ESCROW_ACCOUNT_ID');
    expect(await retention(undefined, { ESCROW_ACCOUNT_ID: '' })).toMatchObject({ status: 'notChecked', message });
  });
});
