import { describe, expect, test } from 'vitest';
import { requestRunId } from '../../src/escrow/model/run-id.ts';
import { escrowLines, linesNamed, startEscrowHost } from '../support/escrow-host.ts';
import { forbidden } from '../support/fault-effects.ts';
import { useHostedEscrow } from '../support/hosted-escrow.ts';

const sources = [{ vaultName: 'contoso-prod' }];

const { azure, container, host, queue } = await useHostedEscrow(
  [{ kind: 'vault', name: 'contoso-prod', keys: ['denied', 'recovers', 'hangs', 'signing'] }],
  { sources, overrides: { messageLeaseMs: 1_000 } },
);

function failedLines(messageId: string) {
  return linesNamed(escrowLines(host.events), 'escrow.request.failed').filter((line) => line.messageId === messageId);
}

describe('a request that may succeed later', () => {
  test('is delivered five times, then lies whole on the poison queue and in a record, every reason in the log', async () => {
    azure.keyVault.faults.add({ keyName: 'denied', operation: 'backupKey', effect: forbidden('ForbiddenByRbac') });
    const body = { vaultName: 'contoso-prod', name: 'denied' };
    const { messageId, insertedAt } = await queue.send(body);
    await host.waitFor((event) => event.event === 'poisoned' && event.messageId === messageId);

    const failed = failedLines(messageId);
    expect(failed.map(({ attempt, final }) => [attempt, final])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, false],
      [5, true],
    ]);
    const requestIds = failed.map(({ reason }) => /403 ForbiddenByRbac, request ([0-9a-f-]{36})\)/.exec(reason)?.[1]);
    expect(new Set(requestIds).size).toBe(5);
    expect(await queue.poisoned()).toEqual([JSON.stringify(body)]);
    expect(await container.readRequest(messageId)).toEqual({
      ...{ format: 'keyvault-escrow/request/1', messageId, status: 'failed', attempt: 5 },
      message: { text: JSON.stringify(body) },
      runId: requestRunId(insertedAt, messageId),
      insertedAt: insertedAt.toISOString(),
      recordedAt: expect.stringMatching(/^\d{4}-/),
      reason: failed[4]?.reason,
    });
    expect(await container.names('vaults/')).toEqual([]);
  });

  test('succeeds on a later delivery without a second record or a trace of failure', async () => {
    azure.keyVault.faults.add({
      keyName: 'recovers',
      operation: 'backupKey',
      times: 2,
      effect: forbidden('ForbiddenByFirewall'),
    });
    const since = host.events.length;
    const { messageId, insertedAt } = await queue.send({ vaultName: 'contoso-prod', name: 'recovers' });
    await host.waitFor((event) => event.event === 'finished' && event.error === undefined, { since });
    expect(failedLines(messageId).map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(await container.names('vaults/contoso-prod/recovers/')).toEqual([
      `vaults/contoso-prod/recovers/${requestRunId(insertedAt, messageId)}.keybackup`,
    ]);
    expect(await container.requests(messageId)).toEqual([]);
  });
});

describe('a request whose function dies with its host', () => {
  test('is carried out by the next host, once', async () => {
    azure.keyVault.faults.add({ keyName: 'hangs', operation: 'backupKey', times: 1, effect: { kind: 'stall' } });
    const { messageId, insertedAt } = await queue.send({ vaultName: 'contoso-prod', name: 'hangs' });
    const isUnderWay = () =>
      azure.keyVault.requests.some(({ keyName, operation }) => keyName === 'hangs' && operation === 'backupKey');
    await expect.poll(isUnderWay).toBe(true);
    await host.kill();
    await using next = await startEscrowHost(azure, { sources });
    await next.waitFor((event) => event.event === 'finished' && event.error === undefined);
    const runId = requestRunId(insertedAt, messageId);
    expect(await container.names('vaults/contoso-prod/hangs/')).toEqual([
      `vaults/contoso-prod/hangs/${runId}.keybackup`,
    ]);
    await expect.poll(() => queue.count()).toBe(0);
  });
});
