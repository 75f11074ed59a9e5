import { InvocationContext } from '@azure/functions';
import { beforeEach, describe, expect, test } from 'vitest';
import { appDataActions } from '../../local-azure/identity/deployed-roles.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { startEscrowApp } from '../support/escrow-app.ts';
import { linesNamed } from '../support/escrow-host.ts';
import { useEscrowApp } from '../support/escrow-scene.ts';
import { noLimit } from '../support/escrow-sources.ts';
import { answer } from '../support/fault-effects.ts';
import { day, fromNow, lastNight, now } from '../support/now.ts';

const sources = [{ vaultName: 'contoso-prod' }];
const messageId = '5f3a9c1e-0000-4000-8000-000000000000';

const { azure, container, app } = await useEscrowApp(
  [{ kind: 'vault', name: 'contoso-prod', keys: ['signing', 'payroll'] }],
  sources,
  { speed: 100 },
);

const newVersion = (key: string, eventTime: Date) => ({
  ...{ id: 'event-1', eventType: 'Microsoft.KeyVault.KeyNewVersionCreated', eventTime: eventTime.toISOString() },
  data: { Id: `https://contoso-prod.vault.azure.net/keys/${key}/0123456789abcdef` },
});

beforeEach(() => {
  azure.keyVault.faults.clear();
  azure.storage.faults.clear();
});

describe('a request that can never succeed', () => {
  test('goes to the poison queue only when its record is kept; until then it stays on the queue', async () => {
    const undo = azure.storage.faults.add({
      operation: 'putBlob',
      blobName: /^requests\//,
      effect: answer(503, 'ServerBusy'),
    });
    const first = await app.deliver({ vaultName: 'nowhere' }, { messageId });
    expect(first.error).toMatchObject({
      message: expect.stringMatching(/"nowhere" is not configured.*could not be recorded either/s),
      errors: [{ name: 'RequestRefused' }, { code: 'ServerBusy' }],
    });
    expect(first.poison).toEqual([]);
    expect(linesNamed(first.lines, 'escrow.request.refused')[0]?.reason).toMatch(/"nowhere" is not configured/);

    undo();
    const second = await app.deliver({ vaultName: 'nowhere' }, { messageId, attempt: 2 });
    expect(second.error).toBeUndefined();
    expect(second.poison).toEqual(['{"vaultName":"nowhere"}']);
    expect(await container.readRequest(messageId)).toMatchObject({ status: 'refused', attempt: 2 });
  });

  test('is only said under what-if: a taken name leaves neither record nor poison', async () => {
    const request = { vaultName: 'contoso-prod', name: 'signing', blobName: 'chosen/once' };
    expect((await app.deliver(request)).error).toBeUndefined();
    const before = await container.names();
    const foreseen = await app.deliver({ ...request, whatIf: true });
    expect([foreseen.error, foreseen.poison]).toEqual([undefined, []]);
    expect(linesNamed(foreseen.lines, 'escrow.key.failed')).toMatchObject([{ code: 'blobNameTaken' }]);
    expect(await container.names()).toEqual(before);
  });

  test('is one for a key that a person names and that is not there; an event for it is tried again', async () => {
    const asked = await app.deliver({ vaultName: 'contoso-prod', name: 'typo' });
    expect(asked.error).toBeUndefined();
    expect(asked.poison).toHaveLength(1);

    const told = await app.deliver(newVersion('typo', now()));
    expect(told.error?.message).toMatch(/key "typo".*KeyNotFound/s);
    expect(told.poison).toEqual([]);
  });

  test('is an event from the future, at its first delivery: its record would precede its run', async () => {
    const farAhead = fromNow(400 * day);
    const event = newVersion('payroll', farAhead);
    const future = await app.deliver(event, { messageId: '6f3a9c1e-0000-4000-8000-000000000000' });
    expect(future.error).toBeUndefined();
    expect(future.poison).toEqual([JSON.stringify(event)]);
    const refusals = linesNamed(future.lines, 'escrow.request.refused');
    expect(refusals[0]?.reason).toContain(`event's time ${farAhead.toISOString()}`);
    expect(refusals[0]?.reason).toContain('is more than 5 minutes ahead');
    const kept = await container.readRequest('6f3a9c1e-0000-4000-8000-000000000000');
    expect(kept).toMatchObject({ status: 'refused', attempt: 1, message: { text: JSON.stringify(event) } });
    expect(await container.names('vaults/contoso-prod/payroll/')).toEqual([]);

    const eventTime = fromNow(-9 * day).toISOString();
    const replayed = await app.deliver({ ...event, eventTime });
    expect(linesNamed(replayed.lines, 'escrow.key.escrowed')).toMatchObject([{ key: 'payroll', already: false }]);
    const again = await app.deliver({ ...event, eventTime });
    expect(linesNamed(again.lines, 'escrow.key.escrowed')).toMatchObject([{ key: 'payroll', already: true }]);
  });

  test('is one with several events in an array: it is kept whole', async () => {
    const event = newVersion('payroll', now());
    const { error, poison } = await app.deliver([event, event]);
    expect(error).toBeUndefined();
    expect(poison).toEqual([JSON.stringify([event, event])]);
  });

  test.each([
    '{"vaultName":"contoso-prod","name":"signing","__proto__":{"force":true}}',
    '{"vaultName":"contoso-prod","name":"signing","constructor":{"force":true}}',
  ])('is one with a property that a prototype has: %s', async (text) => {
    const { error, poison } = await app.deliver(text);
    expect(error).toBeUndefined();
    expect(poison).toEqual([text]);
  });
});

describe('the time of an invocation', () => {
  test.each([
    ['has run out', AbortSignal.abort()],
    ['is still there', noLimit],
  ])('%s: the record of a refusal has that and no more', async (_, hardDeadline) => {
    const { onDemandEscrow } = await import('../../src/functions/on-demand-escrow.ts');
    const budgets = [{ softDeadline: noLimit, hardDeadline }];
    const services = {
      ...app.services,
      timeBudget: () => budgets.pop() ?? { softDeadline: noLimit, hardDeadline: noLimit },
    };
    const id = `time-${hardDeadline.aborted}`;
    const context = new InvocationContext({ triggerMetadata: { id, dequeueCount: 1 }, logHandler: () => undefined });
    const done = Promise.resolve(
      onDemandEscrow(services).handler(Buffer.from('{"vaultName":"contoso-prod","name":"typo"}'), context),
    );
    if (hardDeadline.aborted) await expect(done).rejects.toThrow(/could not be recorded either: .*time.* ran out/);
    else await done;
    expect(await container.requests(id)).toHaveLength(hardDeadline.aborted ? 0 : 1);
  });
});

test('what another left under the names of a whole source stays, with force too: its records take the next numbers', async () => {
  const write = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write';
  const writer = azure.registry.add('an app that may overwrite', [...appDataActions, write]);
  const mightier = await startEscrowApp(azure, sources, { identity: writer });
  const insertedAt = now();
  const { lines } = await mightier.deliver({ vaultName: 'contoso-prod' }, { messageId, insertedAt });
  const records = linesNamed(lines, 'escrow.key.escrowed').map(({ blobName }) => blobName);
  expect(records).toHaveLength(2);
  for (const name of records) await container.put(name, 'left by another', { runid: scheduledRunId(lastNight(1000)) });

  const forced = await mightier.deliver({ vaultName: 'contoso-prod', force: true }, { messageId, insertedAt });
  expect(forced.error).toBeUndefined();
  // Keys are backed up side by side, so either may be first.
  expect(new Set(linesNamed(forced.lines, 'escrow.key.escrowed').map(({ blobName }) => blobName))).toEqual(
    new Set(records.map((name) => name.replace('.keybackup', '.2.keybackup'))),
  );
  for (const name of records) expect((await container.read(name)).toString()).toBe('left by another');
});
