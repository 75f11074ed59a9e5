import { expect, test } from 'vitest';
import { readQueries } from '../../infra/queries.ts';
import { unknownNames } from '../../infra/query-fields.ts';
import { escrowLines, startEscrowHost } from '../support/escrow-host.ts';
import { forbidden } from '../support/fault-effects.ts';
import { startTestAzure } from '../support/local-azure.ts';
import { lastNight, now } from '../support/now.ts';
import { viewQueue } from '../support/queue-view.ts';

test('every event and field that an alarm reads stands in the log lines of a real night with troubles', async () => {
  await using azure = await startTestAzure({
    sources: [{ kind: 'vault', name: 'contoso-prod', keys: ['denied', 'lost'] }],
  });
  const created = now();
  azure.keyVault.faults.add({ keyName: 'denied', operation: 'backupKey', effect: forbidden('ForbiddenByRbac') });
  await using host = await startEscrowHost(azure, { sources: [{ vaultName: 'contoso-prod' }] });
  const queue = viewQueue(azure);

  // Vault and storage date by whole seconds: only a run of a later second has passed a key over.
  await expect.poll(() => now().getTime(), { interval: 20 }).toBeGreaterThan(created.getTime() + 1000);
  await host.fireTimer('nightlyEscrow', { at: lastNight() });
  const refused = await queue.send({ vaultName: 'nobody', name: 'signing' });
  const failed = await queue.send({ vaultName: 'contoso-prod', name: 'denied' });
  for (const { messageId } of [refused, failed]) {
    await host.waitFor(() =>
      escrowLines(host.events).some((line) => 'messageId' in line && line.messageId === messageId),
    );
  }
  azure.vault('contoso-prod').deleteKey('lost');
  await using auditHost = await startEscrowHost(azure, {
    sources: [{ vaultName: 'contoso-prod' }],
    settings: { ESCROW_PART: 'audit', ...azure.envOf(azure.identities.audit) },
  });
  await auditHost.fireTimer('escrowAudit');
  // Only the second audit follows one.
  await auditHost.fireTimer('escrowAudit');

  const queries = readQueries();
  expect(Object.keys(queries).length).toBeGreaterThanOrEqual(6);
  const lines = [host, auditHost].flatMap(({ events }) => escrowLines(events));
  expect(
    unknownNames(
      queries,
      lines.map((line) => ({ ...line })),
    ),
  ).toEqual([]);
});
