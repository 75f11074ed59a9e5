import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { viewContainer } from '../support/container-view.ts';
import { startEscrowApp } from '../support/escrow-app.ts';
import { linesNamed } from '../support/escrow-host.ts';
import { noLimit } from '../support/escrow-sources.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { lastNight } from '../support/now.ts';

const total = 60;
const runId = scheduledRunId(lastNight());

const keys = Array.from({ length: total }, (_, index) => `key-${index}`);
const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod', keys }] });
const container = viewContainer(azure);

function backups() {
  return azure.keyVault.requests.filter(({ operation }) => operation === 'backupKey');
}

describe('a run that cannot end within its time', () => {
  test('starts no key any more, reports the rest as failed for want of time, and is resumed by the retry', async () => {
    const softDeadline = new AbortController();
    const slow = await startEscrowApp(azure, [{ vaultName: 'contoso-prod', maxBackupsPerSecond: 20 }], {
      time: { softDeadline: softDeadline.signal, hardDeadline: noLimit },
    });
    const running = slow.nightly(lastNight());
    await expect.poll(() => backups().length).toBeGreaterThan(10);
    softDeadline.abort();
    const first = await running;
    expect(first.error?.message).toMatch(/time of this invocation ran out.*Another attempt resumes/);
    const [report] = await container.reports(runId);
    const escrowed = report?.counts.escrowed ?? 0;
    expect(escrowed).toBeGreaterThan(5);
    // What was not listed any more is a problem of the source: nobody may think that its keys are all considered.
    expect(report?.counts.considered).toBeLessThan(total);
    expect(report?.problems).toMatchObject([{ code: 'outOfTime', attempt: 'list the keys of' }]);
    const codes = report?.keys.flatMap((key) => (key.outcome === 'failed' ? [key.code] : []));
    expect(new Set(codes)).toEqual(new Set(['outOfTime']));
    expect(await container.records()).toHaveLength(escrowed);

    azure.keyVault.requests.length = 0;
    const next = await startEscrowApp(azure, [{ vaultName: 'contoso-prod' }]);
    const second = await next.nightly(lastNight(), 1);
    expect(second.error).toBeUndefined();
    expect(linesNamed(second.lines, 'escrow.run.completed')).toMatchObject([
      { status: 'ok', considered: total, escrowed: total - escrowed, alreadyEscrowed: escrowed },
    ]);
    expect(backups()).toHaveLength(total - escrowed);
    expect(await container.records()).toHaveLength(total);
  });

  test('is distinguished from a fault: what it was waiting out is named', async () => {
    azure.keyVault.requests.length = 0;
    azure.keyVault.faults.add({ source: 'contoso-prod', operation: 'backupKey', effect: { kind: 'throttle' } });
    const softDeadline = new AbortController();
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod', keys: ['key-1'] }], {
      speed: 20,
      time: { softDeadline: softDeadline.signal, hardDeadline: noLimit },
    });
    const running = app.nightly(lastNight(1));
    // It asks a second time only when it has read the first answer.
    await expect.poll(() => backups().filter(({ authenticated }) => authenticated).length).toBeGreaterThan(1);
    softDeadline.abort();
    const { error } = await running;
    azure.keyVault.faults.clear();
    expect(error?.message).toMatch(/ran out while waiting out: throttled \(429 Throttled, request [0-9a-f-]+\)/);
  });
});
