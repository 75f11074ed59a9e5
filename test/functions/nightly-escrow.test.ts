import { expect, test } from 'vitest';
import { viewContainer } from '../support/container-view.ts';
import { startEscrowApp } from '../support/escrow-app.ts';
import { linesNamed } from '../support/escrow-host.ts';
import { startTestAzure } from '../support/local-azure.ts';
import { lastNight } from '../support/now.ts';

test('a retry of the timer says which attempt it is, and how often the source said 429', async () => {
  await using azure = await startTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod', keys: ['signing'] }] });
  azure.keyVault.faults.add({ operation: 'backupKey', times: 2, effect: { kind: 'throttle' } });
  const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod' }], { speed: 100 });
  const { lines, error } = await app.nightly(lastNight(), 2);
  expect(error).toBeUndefined();
  expect(linesNamed(lines, 'escrow.run.started')).toMatchObject([{ attempt: 3 }]);
  expect(linesNamed(lines, 'escrow.run.completed')).toMatchObject([{ attempt: 3, throttled: 2, status: 'ok' }]);
  expect(await viewContainer(azure).reports()).toMatchObject([{ attempt: 3, throttled: 2 }]);
});
