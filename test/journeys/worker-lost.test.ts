import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FunctionsHost } from '../../local-azure/functions-host/start.ts';
import { requestRunId, scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { viewContainer } from '../support/container-view.ts';
import { escrowLines, linesNamed, startEscrowHost } from '../support/escrow-host.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { lastNight } from '../support/now.ts';
import { viewQueue } from '../support/queue-view.ts';

const sources = [{ vaultName: 'contoso-prod' }];
const keys = ['first', 'second', 'third'];
/** Of host.json. */
const maxDequeueCount = 5;

let host: FunctionsHost;
let night = 0;

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod', keys }] });
const container = viewContainer(azure);
const queue = viewQueue(azure);

beforeEach(() => {
  azure.keyVault.requests.length = 0;
});

afterEach(async () => {
  azure.keyVault.faults.clear();
  await host?.stop();
});

/** Holds the backup of a key up until its worker is gone. */
function stall(keyName: string, times: number): void {
  azure.keyVault.faults.add({ keyName, operation: 'backupKey', times, effect: { kind: 'stall' } });
}

/** How many backups of a key were asked for by whoever may. Its worker asks for nothing more after it. */
function stalled(keyName: string): number {
  return azure.keyVault.requests.filter(
    (one) => one.keyName === keyName && one.operation === 'backupKey' && one.authenticated,
  ).length;
}

async function untilStalled(keyName: string): Promise<void> {
  await expect.poll(() => stalled(keyName)).toBe(1);
}

describe('a night whose worker is lost while its host goes on', () => {
  // The host ends a function that outlives its time by killing the worker; the product is configured for more time than that.
  test.each<[why: string, functionTimeoutMs: number | undefined]>([
    ['because it crashed', undefined],
    ['because the run outlived functionTimeout', 6_000],
  ])(
    '%s, is resumed by the next attempt under the same run id, and not past due',
    async (_why, functionTimeoutMs) => {
      host = await startEscrowHost(azure, {
        sources,
        ...(functionTimeoutMs !== undefined && { overrides: { functionTimeoutMs } }),
      });
      const { pid, workerPid } = host;
      night += 1;
      const occurrence = lastNight(night);
      stall('third', 1);
      const fired = host.fireTimer('nightlyEscrow', { at: occurrence });
      await untilStalled('third');
      if (functionTimeoutMs === undefined) process.kill(workerPid, 'SIGKILL');
      expect((await fired).error).toBeUndefined();

      const runId = scheduledRunId(occurrence);
      const starts = linesNamed(escrowLines(host.events), 'escrow.run.started');
      expect(starts.slice(0, 2).map((line) => [line.runId, line.attempt, line.resumed])).toEqual([
        [runId, 1, false],
        [runId, 2, true],
      ]);
      expect((await container.names('vaults/')).filter((name) => name.includes(`/${runId}.`))).toHaveLength(
        keys.length,
      );
      expect((await container.reports(runId)).map(({ status }) => status)).toEqual(['ok']);
      expect(host.pid).toBe(pid);
      expect(host.workerPid).not.toBe(workerPid);
    },
    60_000,
  );
});

describe('a request whose worker is lost', () => {
  test('is delivered again, and leaves one record', async () => {
    host = await startEscrowHost(azure, { sources });
    stall('first', 1);
    const { messageId, insertedAt } = await queue.send({ vaultName: 'contoso-prod', name: 'first' });
    await untilStalled('first');
    process.kill(host.workerPid, 'SIGKILL');
    await host.waitFor((event) => event.event === 'finished' && event.error === undefined);
    const runId = requestRunId(insertedAt, messageId);
    const records = await container.names('vaults/contoso-prod/first/');
    expect(records.filter((name) => name.includes(runId))).toHaveLength(1);
  }, 60_000);

  test('on every delivery, lies to the byte on the poison queue, and has no record: the app never got to say why', async () => {
    await queue.clear();
    host = await startEscrowHost(azure, { sources });
    stall('second', Number.POSITIVE_INFINITY);
    const body = '{ "vaultName": "contoso-prod", "name": "second" }';
    const { messageId } = await queue.sendBytes(body);
    const isPoisoned = () => host.events.some((event) => event.event === 'poisoned' && event.messageId === messageId);
    for (let delivery = 1; delivery <= maxDequeueCount; delivery += 1) {
      await expect.poll(() => stalled('second')).toBe(delivery);
      process.kill(host.workerPid, 'SIGKILL');
    }
    await expect.poll(isPoisoned).toBe(true);
    expect(stalled('second')).toBe(maxDequeueCount);
    expect(await queue.poisoned()).toEqual([body]);
    expect(await container.names('requests/')).toEqual([]);
  }, 120_000);
});
