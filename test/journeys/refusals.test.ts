import { describe, expect, test } from 'vitest';
import { escrowLines, linesNamed } from '../support/escrow-host.ts';
import { useHostedEscrow } from '../support/hosted-escrow.ts';

const vault = { vaultName: 'contoso-prod' };
const json = JSON.stringify;
const ownId = 'https://contoso-prod.vault.azure.net/keys/signing';

/**
 * What the message was, its body as it stands, and what the refusal has to say: what only bytes or a host can make of a message, and
 * one that only asks for what is not allowed; every reason is in escrow/request/request.test.ts.
 */
const bad: readonly (readonly [what: string, body: string | Buffer, reason: RegExp])[] = [
  ['broken JSON', '{', /not valid JSON/],
  ['what only looks like a JSON object', '{bad}', /not valid JSON/],
  ['what only looks like a JSON array', '[bad]', /not valid JSON/],
  ['nothing at all', '', /the message is empty/],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), /not valid UTF-8/],
  ['two subjects under one name', `{"id":"${ownId}","id":"${ownId}2"}`, /the name "id" is there twice/],
  [
    'two subjects under one name, spelt apart',
    `{"id":"${ownId}","\\u0069d":"${ownId}2"}`,
    /the name "id" is there twice/,
  ],
  [
    'what the host says of a message',
    // fixed date: refused whatever it says.
    json({ id: ownId, dequeueCount: 99, insertionTime: '2020-01-01' }),
    /dequeueCount/,
  ],
  ['as much as a message holds', json({ ...vault, name: 'x'.repeat(49_113) }), /A key name has 1 to 127 letters/],
  [
    'a key id of another host',
    json({ id: 'https://evil.example.com/keys/signing' }),
    /not a key identifier of this cloud.*It looks like https:/,
  ],
];

const { azure, container, host, queue } = await useHostedEscrow(
  [
    { kind: 'vault', name: 'contoso-prod', keys: ['signing'] },
    { kind: 'managedHsm', name: 'contoso-hsm', keys: ['payments'] },
  ],
  { sources: [vault, { hsmName: 'contoso-hsm' }] },
);
const sent = new Map<string | Buffer, string>();
for (const [, body] of bad) sent.set(body, (await queue.sendBytes(body)).messageId);
await host.waitFor(() => host.events.filter(({ event }) => event === 'finished').length === bad.length);
// A look at a queue shows 32 messages.
const poisoned = await queue.poisonedBytes();

describe('a message that can never succeed', () => {
  test.each(bad)('is refused with a reason and what is allowed: %s', async (_what, body, reason) => {
    const messageId = sent.get(body);
    const refused = linesNamed(escrowLines(host.events), 'escrow.request.refused').filter(
      (line) => line.messageId === messageId,
    );
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason).toMatch(reason);
    expect(refused[0]?.reason.length).toBeLessThan(1500);
  });

  test('is kept whole, with the reason, as a record that does not expire', async () => {
    const names = await container.names();
    expect([names, names.length]).toEqual([await container.requests(), sent.size]);
    for (const [body, messageId] of sent) {
      const record = await container.readRequest(messageId);
      expect(record).toMatchObject({ format: 'keyvault-escrow/request/1', messageId, status: 'refused', attempt: 1 });
      expect(record.message).toEqual(typeof body === 'string' ? { text: body } : { base64: body.toString('base64') });
    }
  });

  test('lies to the byte on the poison queue after one delivery', () => {
    const wanted = bad.map(([, body]) => Buffer.from(body as string).toString('base64'));
    expect(new Set(poisoned.map((body) => body.toString('base64')))).toEqual(new Set(wanted));
    expect(poisoned).toHaveLength(bad.length);
    const started = host.events.filter(({ event }) => event === 'started');
    expect(started).toHaveLength(bad.length);
  });

  test('makes no backup, and sends no request to any host outside the configured ones', () => {
    expect(azure.keyVault.requests).toEqual([]);
    expect(azure.proxy.refusedHosts).toEqual([]);
    expect(new Set(azure.storage.requests.map(({ operation }) => operation))).not.toContain('createContainer');
  });

  test('never takes the process down: the next good request is carried out', async () => {
    const { pid } = host;
    const since = host.events.length;
    await queue.send({ ...vault, name: 'signing' });
    await host.waitFor(({ event }) => event === 'finished', { since });
    expect(linesNamed(escrowLines(host.events, since), 'escrow.key.escrowed')).toHaveLength(1);
    expect(host.pid).toBe(pid);
  });
});
