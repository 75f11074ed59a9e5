import { describe, expect, test } from 'vitest';
import { requestRunId } from '../../src/escrow/model/run-id.ts';
import { runCommand } from '../support/cli.ts';
import { escrowLines, linesNamed } from '../support/escrow-host.ts';
import { escrowSettings } from '../support/escrow-place.ts';
import { forbidden } from '../support/fault-effects.ts';
import { useHostedEscrow } from '../support/hosted-escrow.ts';
import { fromNow, hour, minute } from '../support/now.ts';

const sources = [{ vaultName: 'contoso-prod' }];
const keys = ['signing', 'twice', 'forced', 'denied', 'waited', 'spaced'];
const idOf = (key: string) => `https://contoso-prod.vault.azure.net/keys/${key}`;

const { azure, container, host, queue } = await useHostedEscrow([{ kind: 'vault', name: 'contoso-prod', keys }], {
  sources,
});

async function untilFinished(count: number, since: number): Promise<void> {
  const finished = () => host.events.slice(since).filter(({ event }) => event === 'finished').length;
  await host.waitFor(() => finished() >= count, { since });
}

// The host lets the top-level members of a message that it takes for text pass for what it says of the message itself.
describe('a message whose members have the names of what the host says of a message', () => {
  test.each([
    ['as it is', 'signing', (text: string) => text],
    ['with a byte order mark and spaces around', 'spaced', (text: string) => `\uFEFF  ${text}\r\n`],
  ])('asks for a key by its id, %s, under a run id of its own', async (_how, key, write) => {
    const since = host.events.length;
    const { messageId, insertedAt } = await queue.sendBytes(write(JSON.stringify({ id: idOf(key) })));
    await untilFinished(1, since);
    const runId = requestRunId(insertedAt, messageId);
    expect(await container.names(`vaults/contoso-prod/${key}/`)).toEqual([
      `vaults/contoso-prod/${key}/${runId}.keybackup`,
    ]);
    expect(await container.names('requests/')).toEqual([]);
  });

  test.each([
    ['without force', 'twice', false],
    ['with force', 'forced', true],
  ])('is carried out twice when it was sent twice, in the same second too, %s', async (_how, key, force) => {
    const since = host.events.length;
    const sent = await Promise.all([0, 1].map(() => queue.send({ id: idOf(key), force })));
    await untilFinished(2, since);
    const records = sent.map(
      ({ messageId, insertedAt }) => `vaults/contoso-prod/${key}/${requestRunId(insertedAt, messageId)}.keybackup`,
    );
    expect(await container.names(`vaults/contoso-prod/${key}/`)).toEqual(records.toSorted());
  });

  test('is an event: its id and its other members change neither the deliveries nor the record', async () => {
    azure.keyVault.faults.add({ keyName: 'denied', operation: 'backupKey', effect: forbidden('ForbiddenByRbac') });
    const event = {
      id: 'event/1',
      eventType: 'Microsoft.KeyVault.KeyNewVersionCreated',
      eventTime: fromNow(-minute).toISOString(),
      data: { Id: `${idOf('denied')}/0123456789abcdef` },
      dequeueCount: 99,
      insertionTime: fromNow(-1000 * hour).toISOString(),
    };
    const { messageId, insertedAt } = await queue.send(event);
    await host.waitFor((one) => one.event === 'poisoned' && one.messageId === messageId);
    const failed = linesNamed(escrowLines(host.events), 'escrow.request.failed');
    expect(failed.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5]);
    expect(await container.readRequest(messageId)).toMatchObject({
      ...{ messageId, attempt: 5, insertedAt: insertedAt.toISOString(), message: { text: JSON.stringify(event) } },
    });
    expect(await container.requests()).toEqual(await container.requests(messageId));
  });
});

test('enqueue by key id, with --wait, ends when the key is escrowed', async () => {
  const env = escrowSettings(azure, sources);
  const asked = await runCommand(azure, `enqueue --id ${idOf('waited')} --wait --timeout 30s --json`, { env });
  expect([asked.code, asked.stderr]).toEqual([0, '']);
  const { runId, outcome } = asked.json();
  expect(outcome).toMatchObject({ status: 'done' });
  expect(await container.names('vaults/contoso-prod/waited/')).toEqual([
    `vaults/contoso-prod/waited/${runId}.keybackup`,
  ]);
});
