import { afterEach, expect, test } from 'vitest';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import { viewContainer } from '../support/container-view.ts';
import { startEscrowApp } from '../support/escrow-app.ts';
import { linesNamed } from '../support/escrow-host.ts';
import { answer } from '../support/fault-effects.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { lastNight } from '../support/now.ts';

const canary = 'runs/canary';
const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
const sources = [{ vaultName: 'contoso-prod' }];

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod', keys: ['signing'] }] });
const container = viewContainer(azure);

afterEach(() => azure.storage.faults.clear());

/** A night, and what its log says of write-once. */
async function trialAs(identity: LocalIdentity, settings: Readonly<Record<string, string>> = {}) {
  const app = await startEscrowApp(azure, sources, { identity, settings });
  const run = await app.nightly(lastNight());
  return { ...run, found: linesNamed(run.lines, 'escrow.coverage.gap').map(({ message }) => message) };
}

function withMore(...actions: string[]): LocalIdentity {
  const { dataActions, containerDataActions } = azure.identities.app;
  const onContainers = Object.fromEntries([...containerDataActions].map(([name, set]) => [name, [...set]]));
  return azure.registry.add(`more ${actions.join()}`, [...dataActions, ...actions], onContainers);
}

test.each([{}, { ESCROW_FAN_OUT: 'true' }])(
  'the night proves that its identity overwrites and deletes nothing (%j)',
  async (settings) => {
    const { found, error } = await trialAs(azure.identities.app, settings);
    expect([found, error]).toEqual([[], undefined]);
    const refused = azure.storage.requests.filter(({ blobName, status }) => blobName === canary && status === 403);
    expect(refused.map(({ operation }) => operation)).toEqual(expect.arrayContaining(['deleteBlob']));
    expect(await container.names(canary)).toEqual([canary]);
  },
);

test('an identity that may overwrite, or delete, is an alarm of the very night, and the night goes on', async () => {
  const overwriting = await trialAs(withMore(`${blobs}/write`));
  expect(overwriting.found).toEqual([
    expect.stringMatching(/has overwritten the canary \(runs\/canary\).*Take the right/),
  ]);
  expect(overwriting.lines).toContainEqual(expect.objectContaining({ event: 'escrow.run.completed', status: 'ok' }));
  const deleting = await trialAs(withMore(`${blobs}/delete`));
  expect(deleting.found).toEqual([expect.stringMatching(/has deleted the canary \(runs\/canary\)/)]);
  expect(await container.names(canary)).toEqual([]);
  expect((await trialAs(azure.identities.app)).found).toEqual([]);
});

test('a lease on the canary, or a firewall, is no proof that the escrow is write-once', async () => {
  await trialAs(azure.identities.app);
  const lease = container.client.getBlobClient(canary).getBlobLeaseClient();
  await lease.acquireLease(-1);
  const leased = await trialAs(withMore(`${blobs}/write`, `${blobs}/delete`));
  await lease.releaseLease();
  expect(leased.found).toEqual([expect.stringContaining('LeaseIdMissing')]);

  azure.storage.faults.add({ operation: 'putBlob', blobName: /canary/, effect: answer(403, 'AuthorizationFailure') });
  expect((await trialAs(azure.identities.app)).found).toEqual([expect.stringContaining('AuthorizationFailure')]);
});

test('a legal hold proves it for an identity that may overwrite and delete', async () => {
  await trialAs(azure.identities.app);
  azure.storage.faults.add({ blobName: /canary/, effect: answer(409, 'BlobImmutableDueToLegalHold'), skip: 1 });
  expect((await trialAs(withMore(`${blobs}/write`, `${blobs}/delete`))).found).toEqual([]);
  expect(await container.names(canary)).toEqual([canary]);
});
