import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { escrowLines, linesNamed } from '../support/escrow-host.ts';
import { forbidden } from '../support/fault-effects.ts';
import { useHostedEscrow } from '../support/hosted-escrow.ts';
import { lastNight } from '../support/now.ts';

const sources = [{ vaultName: 'contoso-prod' }, { vaultName: 'contoso-web' }, { hsmName: 'contoso-hsm' }];
const paths = ['managed-hsms/contoso-hsm', 'vaults/contoso-prod', 'vaults/contoso-web'];

const keys = ['a', 'b'];
const { azure, container, host, queue } = await useHostedEscrow(
  [
    { kind: 'vault', name: 'contoso-prod', keys },
    { kind: 'vault', name: 'contoso-web', keys },
    { kind: 'managedHsm', name: 'contoso-hsm', keys },
  ],
  { sources, settings: { ESCROW_FAN_OUT: 'true' } },
);

async function runNight(occurrence: Date, runs: number): Promise<number> {
  const since = host.events.length;
  expect((await host.fireTimer('nightlyEscrow', { at: occurrence })).error).toBeUndefined();
  const completed = () => linesNamed(escrowLines(host.events, since), 'escrow.run.completed').length;
  await host.waitFor(() => completed() >= runs, { since });
  await expect.poll(() => queue.count()).toBe(0);
  return since;
}

describe('the nightly run with fan-out', () => {
  test('is one message per source, and the same records and reports as without', async () => {
    const occurrence = lastNight();
    const runId = scheduledRunId(occurrence);
    const since = await runNight(occurrence, 3);
    const invoked = host.events.slice(since).filter(({ event }) => event === 'started');
    expect(invoked.map((event) => event.event === 'started' && event.functionName)).toEqual([
      'nightlyEscrow',
      ...sources.map(() => 'onDemandEscrow'),
    ]);
    const records = await container.records();
    expect(records.map(({ name }) => name)).toEqual(
      paths.flatMap((path) => ['a', 'b'].map((key) => `${path}/${key}/${runId}.keybackup`)),
    );
    const reports = await container.reports(runId);
    expect(reports.map(({ source, trigger, status, counts }) => [source, trigger, status, counts.escrowed])).toEqual(
      paths.map((path) => [path, 'schedule', 'ok', 2]),
    );
  });

  test('retries only the source that failed, and keeps the others as they are', async () => {
    const occurrence = lastNight(1);
    const runId = scheduledRunId(occurrence);
    azure.keyVault.faults.add({
      source: 'contoso-web',
      operation: 'listKeys',
      times: 1,
      effect: forbidden('AccessDenied'),
    });
    await runNight(occurrence, 4);
    const reports = await container.reports(runId);
    expect(reports.map(({ source, attempt, status }) => `${source} ${attempt} ${status}`)).toEqual([
      'managed-hsms/contoso-hsm 1 ok',
      'vaults/contoso-prod 1 ok',
      'vaults/contoso-web 2 ok',
      'vaults/contoso-web 1 incomplete',
    ]);
  });

  test('fired twice for the same occurrence leaves one record per key', async () => {
    const occurrence = lastNight(2);
    await runNight(occurrence, 3);
    await runNight(occurrence, 3);
    expect(await container.records(scheduledRunId(occurrence))).toHaveLength(6);
  });
});
