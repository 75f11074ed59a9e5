import { expect, onTestFinished, test } from 'vitest';
import { appDataActions } from '../../local-azure/identity/deployed-roles.ts';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { runCommand } from '../support/cli.ts';
import { viewContainer } from '../support/container-view.ts';
import { startEscrowHost } from '../support/escrow-host.ts';
import { escrowSettings } from '../support/escrow-place.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { lastNight } from '../support/now.ts';

const sources = [{ vaultName: 'contoso-prod' }];
const messages = 'Microsoft.Storage/storageAccounts/queueServices/queues/messages';

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod', keys: ['signing', 'payroll'] }] });
const container = viewContainer(azure);

/** What makes the app's clients an identity's. */
const clientOf = ({ clientId }: LocalIdentity) => ({ AZURE_CLIENT_ID: clientId, ESCROW_QUEUE__clientId: clientId });

/** The app without some of its rights on the queue. */
function lacking(isMissing: (action: string) => boolean) {
  const actions = appDataActions.filter((action) => !isMissing(action));
  const identity = azure.registry.add('an app that lacks a role', actions);
  return { identity, settings: clientOf(identity) };
}

const withoutAny = (action: string) => action.startsWith(messages);

test('without its queue role the app starts over and over, and no night is escrowed', async () => {
  // A night takes longer than a host that shuts down lets it, which is not long here.
  onTestFinished(azure.keyVault.faults.add({ operation: 'backupKey', effect: { kind: 'stall' } }));
  await using host = await startEscrowHost(azure, {
    sources,
    settings: lacking(withoutAny).settings,
    overrides: { shutdownGraceMs: 200 },
  });
  const run = host.fireTimer('nightlyEscrow', { at: lastNight(1) }).catch(() => undefined);
  const starts = () => host.events.filter(({ event }) => event === 'ready').length;
  await host.waitFor(() => starts() >= 3);
  await run;
  const reasons = host.events.flatMap((event) =>
    event.event === 'log' && event.level === 'error' && event.category === 'host' ? [event.message] : [],
  );
  expect(reasons[0]).toMatch(/Host is shutting down\. Queue ".*" of onDemandEscrow: .*Status: 403/);
  expect(await container.reports(scheduledRunId(lastNight(1)))).toEqual([]);
}, 120_000);

test('with the queue function disabled it runs the night, and stays up', async () => {
  const { settings } = lacking(withoutAny);
  const disabled = { ...settings, 'AzureWebJobs.onDemandEscrow.Disabled': 'true', ESCROW_FAN_OUT: 'false' };
  await using host = await startEscrowHost(azure, { sources, settings: disabled });
  const { pid } = host;
  expect(await host.fireTimer('nightlyEscrow', { at: lastNight() })).not.toHaveProperty('error');
  expect(await container.reports(scheduledRunId(lastNight()))).toMatchObject([{ status: 'ok' }]);
  expect(host.pid).toBe(pid);
});

test.each<[what: string, isMissing: (action: string) => boolean]>([
  ['nothing on messages', withoutAny],
  ['neither renewing nor releasing, as in the smaller pair of roles', (action) => action === `${messages}/write`],
])('doctor, run as an app that may do %s, says so with the remedy', async (_what, isMissing) => {
  const { identity, settings } = lacking(isMissing);
  const env = { ...escrowSettings(azure, sources), ...settings };
  const { code, json } = await runCommand(azure, 'doctor --json', { env, identity });
  const remedy = expect.stringMatching(/Storage Queue Data Contributor/);
  const failed = expect.objectContaining({ check: 'queue role', status: 'failed', remedy });
  expect([code, json()]).toMatchObject([3, { checks: expect.arrayContaining([failed]) }]);
});

test('doctor takes no message to find that the app may work on them', async () => {
  const identity = azure.identities.app;
  const env = { ...escrowSettings(azure, sources), ...clientOf(identity) };
  const before = azure.storage.requests.length;
  const { json } = await runCommand(azure, 'doctor --json', { env, identity });
  expect(json<{ checks: object[] }>().checks).toContainEqual(
    expect.objectContaining({ check: 'queue role', status: 'ok' }),
  );
  const operations = azure.storage.requests.slice(before).map(({ operation }) => operation);
  expect(operations).not.toContain('getMessages');
});
