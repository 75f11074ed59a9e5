import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventRunId, requestRunId, scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { digestOf } from '../support/container-view.ts';
import { type Invocation, startEscrowApp } from '../support/escrow-app.ts';
import { linesNamed } from '../support/escrow-host.ts';
import { useEscrowApp } from '../support/escrow-scene.ts';
import { answer } from '../support/fault-effects.ts';
import { fromNow, lastNight, minute, now } from '../support/now.ts';

const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
const sources = [{ vaultName: 'contoso-prod' }, { hsmName: 'contoso-hsm' }];

const { azure, container, app } = await useEscrowApp(
  [
    { kind: 'vault', name: 'contoso-prod', keys },
    { kind: 'managedHsm', name: 'contoso-hsm', keys: ['payments'] },
  ],
  sources,
  { speed: 20 },
);
/** A second instance of the app, with clients and paces of its own. */
const other = await startEscrowApp(azure, sources, { speed: 20 });

/** Blobs are stored, and nobody is told. */
const loseAnswers = (blobName: RegExp, times: number) =>
  azure.storage.faults.add({ operation: 'putBlob', blobName, times, effect: { kind: 'resetAfterWork' } });

afterEach(() => {
  azure.storage.faults.clear();
  azure.storage.existingBlobAnswer = 'conflict';
});

function backups(): number {
  return azure.keyVault.requests.filter(({ operation }) => operation === 'backupKey').length;
}

function escrowedBy(...invocations: Invocation[]) {
  return invocations.flatMap(({ lines }) => linesNamed(lines, 'escrow.key.escrowed'));
}

describe.each(['conflict', 'forbidden'] as const)('at least once, where a taken name is a %s', (answer) => {
  beforeEach(() => {
    azure.storage.existingBlobAnswer = answer;
  });

  test('a message delivered twice leaves one record and one backup', async () => {
    const delivery = { messageId: randomUUID(), insertedAt: now() };
    const before = backups();
    const first = await app.deliver({ vaultName: 'contoso-prod', name: 'key-0' }, delivery);
    const second = await other.deliver({ vaultName: 'contoso-prod', name: 'key-0' }, { ...delivery, attempt: 2 });
    expect([first.error, second.error]).toEqual([undefined, undefined]);
    expect(await container.records(requestRunId(delivery.insertedAt, delivery.messageId))).toHaveLength(1);
    expect(escrowedBy(first, second).map(({ already }) => already)).toEqual([false, true]);
    expect(backups() - before).toBe(1);
  });

  test('a message delivered twice at the same time leaves one record, and both say the same', async () => {
    const delivery = { messageId: randomUUID(), insertedAt: now() };
    const body = { vaultName: 'contoso-prod', name: 'key-1' };
    const both = await Promise.all([
      app.deliver(body, delivery),
      other.deliver(body, delivery),
      app.deliver(body, delivery),
    ]);
    expect(both.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    const [record, ...more] = await container.records(requestRunId(delivery.insertedAt, delivery.messageId));
    expect(more).toEqual([]);
    const said = escrowedBy(...both);
    expect(said.filter(({ already }) => !already)).toHaveLength(1);
    expect(new Set(said.map(({ sha256 }) => sha256))).toEqual(new Set([record?.metadata.sha256]));
  });

  test('two nightly runs at the same time leave one record per key and reports that add up', async () => {
    const occurrence = lastNight(answer === 'conflict' ? 1 : 2);
    const runId = scheduledRunId(occurrence);
    const both = await Promise.all([app.nightly(occurrence), other.nightly(occurrence)]);
    expect(both.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(await container.records(runId)).toHaveLength(keys.length + 1);
    const reports = await container.reports(runId);
    expect(reports).toHaveLength(4);
    expect(reports.reduce((sum, { counts }) => sum + counts.escrowed, 0)).toBe(keys.length + 1);
    expect(reports.reduce((sum, { counts }) => sum + counts.alreadyEscrowed, 0)).toBe(keys.length + 1);
    expect(reports.every(({ counts, status }) => counts.failed === 0 && status === 'ok')).toBe(true);
  });

  test('a record whose answer was lost counts as escrowed, by its digest, not as already escrowed', async () => {
    loseAnswers(/keybackup$/, 1);
    const before = backups();
    const delivery = { messageId: randomUUID(), insertedAt: now() };
    const asked = await app.deliver({ vaultName: 'contoso-prod', name: 'key-3' }, delivery);
    const [record] = await container.records(requestRunId(delivery.insertedAt, delivery.messageId));
    expect(asked.error).toBeUndefined();
    expect(escrowedBy(asked)).toMatchObject([{ already: false, sha256: record?.metadata.sha256 }]);
    expect(record?.metadata.sha256).toBe(digestOf('sha256', await container.read(record?.name ?? ''), 'hex'));
    expect(backups() - before).toBe(1);
  });
});

test('an event that comes as two messages leaves one record', async () => {
  const eventTime = fromNow(-minute).toISOString();
  const event = {
    ...{ id: randomUUID(), eventType: 'Microsoft.KeyVault.KeyNewVersionCreated', eventTime },
    data: { Id: 'https://contoso-prod.vault.azure.net/keys/key-2/0123456789abcdef' },
  };
  const both = await Promise.all([app.deliver(event), other.deliver(event)]);
  expect(both.map(({ error }) => error)).toEqual([undefined, undefined]);
  expect(await container.records(eventRunId(new Date(eventTime), event.id))).toHaveLength(1);
});

describe('a blob whose answer was lost', () => {
  test('is a report of the run as well: it is not written a second time', async () => {
    loseAnswers(/^runs\/.*json$/, 2);
    const occurrence = lastNight(3);
    expect((await app.nightly(occurrence)).error).toBeUndefined();
    expect(await container.reports(scheduledRunId(occurrence))).toHaveLength(2);
  });

  test('does not make a first run a resume when it was the marker of the start', async () => {
    loseAnswers(/started$/, 2);
    const { lines, error } = await app.nightly(lastNight(4));
    expect(error).toBeUndefined();
    expect(linesNamed(lines, 'escrow.run.started').map(({ resumed }) => resumed)).toEqual([false, false]);
  });
});

describe('a run that stopped half way', () => {
  test('backs up only what is not there yet when it is resumed, and both reports together are complete', async () => {
    const occurrence = lastNight(5);
    const runId = scheduledRunId(occurrence);
    const broken = /key-1\d\//;
    azure.storage.faults.add({ operation: 'putBlob', blobName: broken, effect: answer(403, 'AuthorizationFailure') });
    const first = await app.nightly(occurrence);
    expect(first.error?.message).toMatch(/10 failures in vault "contoso-prod"/);
    azure.storage.faults.clear();

    const since = azure.keyVault.requests.length;
    const second = await other.nightly(occurrence, 1);
    expect(second.error).toBeUndefined();
    const again = azure.keyVault.requests.slice(since).filter(({ operation }) => operation === 'backupKey');
    expect(again.map(({ keyName }) => keyName)).toHaveLength(10);
    expect(again.every(({ keyName }) => broken.test(`${keyName}/`))).toBe(true);
    expect(await container.records(runId)).toHaveLength(keys.length + 1);
    const reports = (await container.reports(runId)).filter(({ source }) => source === 'vaults/contoso-prod');
    expect(
      reports.map(({ attempt, resumed, status, counts }) => ({ attempt, resumed, status, ...counts })),
    ).toMatchObject([
      { attempt: 2, resumed: true, status: 'ok', escrowed: 10, alreadyEscrowed: 10, failed: 0, considered: 20 },
      {
        attempt: 1,
        resumed: false,
        status: 'incomplete',
        escrowed: 10,
        alreadyEscrowed: 0,
        failed: 10,
        considered: 20,
      },
    ]);
  });
});
