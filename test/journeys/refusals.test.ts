import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { escrowLines, linesNamed } from '../support/escrow-host.ts';
import { type HostedEscrow, startHostedEscrow } from '../support/hosted-escrow.ts';
import { day, fromNow } from '../support/now.ts';

const vault = { vaultName: 'contoso-prod' };
const inDays = (days: number) => fromNow(days * day).toISOString();
const json = JSON.stringify;

/** What the message was, its body as it stands, and what the refusal has to say. */
const bad: readonly (readonly [what: string, body: string, reason: RegExp])[] = [
  ['a number', '123', /a number, not a JSON object.*Allowed:/],
  ['null', 'null', /null, not a JSON object/],
  ['an array', '[]', /an array, not a JSON object/],
  ['a JSON text', '"text"', /text, not a JSON object/],
  ['broken JSON', '{', /text, not a JSON object/],
  ['an empty object', '{}', /exactly one of .*found none/],
  ['an unknown property', json({ ...vault, name: 'signing', colour: 'red' }), /colour/],
  [
    'an unknown vault',
    json({ vaultName: 'contoso-dev', name: 'signing' }),
    /"contoso-dev" is not configured.*contoso-prod/,
  ],
  [
    'a Managed HSM by the name of a vault',
    json({ hsmName: 'contoso-prod' }),
    /Managed HSM "contoso-prod" is not configured/,
  ],
  ['two sources', json({ ...vault, hsmName: 'contoso-hsm' }), /found "vaultName" and "hsmName"/],
  [
    'a key id of another host',
    json({ id: 'https://evil.example.com/keys/signing' }),
    /no key identifier of this cloud/,
  ],
  [
    'a key id of another vault',
    json({ id: 'https://contoso-dev.vault.azure.net/keys/signing' }),
    /"contoso-dev" is not configured/,
  ],
  ['a key id over http', json({ id: 'http://contoso-prod.vault.azure.net/keys/signing' }), /no key identifier/],
  [
    'a key id with a user',
    json({ id: 'https://contoso-prod.vault.azure.net@evil.example.com/keys/signing' }),
    /no key identifier/,
  ],
  ['a key id with a port', json({ id: 'https://contoso-prod.vault.azure.net:8443/keys/signing' }), /no key identifier/],
  ['an invalid key name', json({ ...vault, name: '../secrets/x' }), /no key name.*letters, digits and dashes/],
  ['an empty key name', json({ ...vault, name: '' }), /no key name/],
  ['a vault name with a dot', json({ vaultName: 'contoso-prod.vault.azure.net.evil' }), /is not configured/],
  ['a vault name with a slash', json({ vaultName: 'evil.example.com/x' }), /is not configured/],
  ['a vault name with an @', json({ vaultName: 'contoso-prod@evil.example.com' }), /is not configured/],
  ['a vault name in other letters', json({ vaultName: 'cоntoso-prod' }), /is not configured/],
  ['blobName with a whole source', json({ ...vault, blobName: 'x' }), /"blobName" is for one key/],
  ...['vaults', 'managed-hsms', 'runs', 'audits', 'drills', 'requests', 'Vaults'].map(
    (folder) =>
      [`blobName under ${folder}/`, json({ ...vault, name: 'signing', blobName: `${folder}/x` }), /reserved/] as const,
  ),
  ['blobName with ..', json({ ...vault, name: 'signing', blobName: 'a/../vaults/x' }), /"blobName" .* cannot be used/],
  [
    'blobName with a control character',
    json({ ...vault, name: 'signing', blobName: 'a\u0000b' }),
    /control characters/,
  ],
  ['runTime of next month', json({ ...vault, runTime: inDays(30) }), /out of range.*7 days ago to 5 minutes ahead/],
  ['runTime of last month', json({ ...vault, runTime: inDays(-30) }), /out of range/],
  [
    'runTime with a single key',
    json({ ...vault, name: 'signing', runTime: inDays(-1) }),
    /whole sources, not for one key/,
  ],
  ['a 60 KB body', json({ ...vault, name: 'x'.repeat(44_000) }), /A key name has 1 to 127 letters/],
  [
    'an event without a key',
    json({ id: 'e', eventType: 'Microsoft.KeyVault.KeyNewVersionCreated', eventTime: inDays(0), data: {} }),
    /names no key/,
  ],
];

let escrow: HostedEscrow;
const sent = new Map<string, string>();

beforeAll(async () => {
  escrow = await startHostedEscrow(
    [
      { kind: 'vault', name: 'contoso-prod', keys: ['signing'] },
      { kind: 'managedHsm', name: 'contoso-hsm', keys: ['payments'] },
    ],
    { sources: [vault, { hsmName: 'contoso-hsm' }] },
  );
  const { host, queue } = escrow;
  for (const [, body] of bad) sent.set(body, (await queue.sendText(body)).messageId);
  const refusals = () => linesNamed(escrowLines(host.events), 'escrow.request.refused').length;
  const isDone = () =>
    refusals() >= bad.length && host.events.filter(({ event }) => event === 'finished').length >= bad.length;
  await host.waitFor(isDone, { timeoutMs: 20_000 });
});

afterAll(() => escrow?.stop());

describe('a message that can never succeed', () => {
  test.each(bad)('is refused with a reason and what is allowed: %s', async (_what, body, reason) => {
    const messageId = sent.get(body);
    const refused = linesNamed(escrowLines(escrow.host.events), 'escrow.request.refused').filter(
      (line) => line.messageId === messageId,
    );
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason).toMatch(reason);
    expect(refused[0]?.reason.length).toBeLessThan(1500);
  });

  test('is kept whole, with the reason, as a record that does not expire', async () => {
    const wanted = new Set([...sent.values()].map((id) => `requests/${id}.json`));
    expect(new Set(await escrow.container.names())).toEqual(wanted);
    for (const [body, messageId] of sent) {
      const record = await escrow.container.readJson(`requests/${messageId}.json`);
      expect(record).toMatchObject({ format: 'keyvault-escrow/request/1', messageId, status: 'refused', attempt: 1 });
      // The host hands over what is JSON already parsed.
      expect(record.message).toEqual(parsed(body));
    }
  });

  test('lies whole on the poison queue after one delivery', async () => {
    const seen = (await escrow.queue.poisoned()).map(parsed);
    // A peek shows 32; there is one for each.
    expect(seen).toHaveLength(32);
    const wanted = bad.map(([, body]) => json(parsed(body)));
    for (const body of seen) expect(wanted).toContain(json(body));
    const started = escrow.host.events.filter(({ event }) => event === 'started');
    expect(started).toHaveLength(bad.length);
    await expect.poll(() => escrow.queue.count()).toBe(0);
  });

  test('makes no backup, and sends no request to any host outside the configured ones', () => {
    const { azure } = escrow;
    expect(azure.keyVault.requests).toEqual([]);
    expect(azure.proxy.refusedHosts).toEqual([]);
    expect(new Set(azure.storage.requests.map(({ operation }) => operation))).not.toContain('createContainer');
  });

  test('never takes the process down: the next good request is carried out', async () => {
    const { host, queue } = escrow;
    const { pid } = host;
    const since = host.events.length;
    await queue.send({ ...vault, name: 'signing' });
    await host.waitFor(({ event }) => event === 'finished', { since });
    expect(linesNamed(escrowLines(host.events, since), 'escrow.key.escrowed')).toHaveLength(1);
    expect(host.pid).toBe(pid);
  });
});

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
