import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { HostEvent } from '../../local-azure/functions-host/host-events.ts';
import { escrowLines } from '../support/escrow-host.ts';
import { answer, forbidden } from '../support/fault-effects.ts';
import { useHostedEscrow } from '../support/hosted-escrow.ts';
import { lastNight } from '../support/now.ts';
import { secretFinder, textSecret } from '../support/secrets.ts';

/** The whole story, with everything going wrong that makes a program talkative, at the most verbose level there is. */
const prodKeys = ['a', 'b', 'c', 'denied', 'cut', 'no-json', 'empty'].map((name) => ({ name, versions: 2 }));
const { azure, container, host, queue } = await useHostedEscrow(
  [
    { kind: 'vault', name: 'contoso-prod', keys: prodKeys },
    { kind: 'managedHsm', name: 'contoso-hsm', keys: ['payments', 'lost'] },
  ],
  {
    sources: [{ vaultName: 'contoso-prod' }, { hsmName: 'contoso-hsm' }],
    // NODE_DEBUG=http would print every header, tokens too, below anything that an application can do: docs/security.md.
    settings: { AZURE_LOG_LEVEL: 'verbose', DEBUG: '*' },
  },
);
const { faults } = azure.keyVault;
const once = { operation: 'backupKey', times: 1 } as const;
faults.add({ ...once, keyName: 'denied', effect: forbidden('ForbiddenByRbac') });
faults.add({ ...once, keyName: 'cut', effect: { kind: 'truncate' } });
faults.add({ ...once, keyName: 'no-json', effect: { kind: 'notJson' } });
faults.add({ ...once, keyName: 'empty', effect: { kind: 'emptyValue' } });
faults.add({ operation: 'listKeys', times: 1, effect: { kind: 'expireToken' } });
azure.storage.faults.add({ operation: 'putBlob', blobName: /lost/, times: 1, effect: { kind: 'resetAfterWork' } });
azure.storage.faults.add({ operation: 'putBlob', blobName: /\/a\//, times: 1, effect: answer(500, 'InternalError') });

const fired = await host.fireTimer('nightlyEscrow', { at: lastNight() });
expect(fired.error).toBeUndefined();
const since = host.events.length;
await queue.send({ vaultName: 'contoso-prod', name: 'b' });
await queue.send({ vaultName: 'contoso-prod', name: 'gone' });
await queue.send({ vaultName: 'contoso-prod', name: 'a', blobName: '../x' });
const isDone = () => host.events.slice(since).filter(({ event }) => event === 'finished').length >= 3;
await host.waitFor(isDone, { since });
await host.stop();

const records = (await container.records()).map(({ name }) => name);
expect(records.length).toBeGreaterThanOrEqual(10);
const tokens = ['https://vault.azure.net', 'https://managedhsm.azure.net', 'https://storage.azure.com'].map(
  (audience) =>
    textSecret(
      `the application's token for ${audience}`,
      azure.registry.issueToken(azure.identities.app, audience, 1).slice(0, 120),
    ),
);
const finder = secretFinder([
  ...(await Promise.all(
    records.map(async (name) => ({ what: `the backup ${name}`, bytes: await container.read(name) })),
  )),
  textSecret('IDENTITY_HEADER', azure.identityEndpoint.header),
  ...tokens,
]);

function textOf(event: HostEvent): string {
  return Object.values(event)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join('\n');
}

describe('under the most verbose logging', () => {
  test('the SDKs do talk, and things did go wrong', () => {
    const said = host.events.map(textOf).join('\n');
    expect(said).toMatch(/azure:core-rest-pipeline.*Request:/);
    expect(said).toMatch(/ForbiddenByRbac/);
    expect(escrowLines(host.events).map(({ event }) => event)).toEqual(
      expect.arrayContaining([
        'escrow.key.failed',
        'escrow.request.refused',
        'escrow.key.escrowed',
        'escrow.run.completed',
      ]),
    );
  });

  test('no line of any stream holds backup bytes, a token, the identity header or a connection string', () => {
    for (const event of host.events) {
      expect(finder.findIn(textOf(event)), textOf(event).slice(0, 200)).toEqual([]);
    }
  });

  test('no report, request record, marker or metadata does', async () => {
    for (const { name, metadata } of await container.list()) {
      expect(finder.findIn(JSON.stringify({ name, metadata }))).toEqual([]);
      if (!name.endsWith('.keybackup'))
        expect(finder.findIn((await container.read(name)).toString('utf8')), name).toEqual([]);
    }
  });

  test('nor does the agent that every request carries, for whoever prints an error with its request', async () => {
    const { sharedAgent } = await import('../../src/azure/http/connection.ts');
    expect(process.env.IDENTITY_HEADER).toBe(azure.identityEndpoint.header);
    expect(finder.findIn(inspect(sharedAgent(), { depth: 8, showHidden: true }))).toEqual([]);
  });

  test('and the search itself would find any of them', async () => {
    const [record] = (await container.names()).filter((name) => name.includes('/payments/'));
    const bytes = await container.read(record ?? '');
    const part = bytes.subarray(240, 420);
    for (const text of [part.toString('latin1'), bytes.toString('base64url'), bytes.toString('hex').slice(400, 700)]) {
      expect(finder.findIn(`{"message":"${text}"}`)).toEqual([expect.stringContaining(`the backup ${record}`)]);
    }
    const token = azure.registry.issueToken(azure.identities.app, 'https://vault.azure.net', 60);
    expect(finder.findIn(`Authorization: Bearer ${token}`)).toContain('a bearer token');
    expect(finder.findIn(`x-identity-header: ${azure.identityEndpoint.header}`)).toContain(
      'IDENTITY_HEADER (as latin1)',
    );
  });
});
