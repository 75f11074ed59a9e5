import { inspect } from 'node:util';
import { beforeEach, expect, test } from 'vitest';
import type { FaultEffect } from '../../../local-azure/key-vault/faults.ts';
import { fastClock } from '../../support/escrow-app.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { secretFinder, textSecret } from '../../support/secrets.ts';
import { openVault } from '../../support/source-client.ts';

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod', keys: ['signing'] }] });
const { createBlobContainerStore } = await import('../../../src/store/blob-container.ts');
const issuing = azure.credential(azure.identities.app);
const handedOut: string[] = [];
const credential: typeof issuing = {
  async getToken(...asked) {
    const token = await issuing.getToken(...asked);
    if (token !== null) handedOut.push(token.token);
    return token;
  },
};
const { keys } = await openVault(azure.vault('contoso-prod'), credential);
const store = createBlobContainerStore(azure.containerUrl, credential, fastClock(100));

beforeEach(() => {
  azure.keyVault.faults.clear();
  azure.storage.faults.clear();
});

/** Whatever an error hangs on to, printed as far as printing goes. */
function expectDiscreet(error: unknown): void {
  expect(error).toBeInstanceOf(Error);
  expect(handedOut.length).toBeGreaterThan(0);
  const finder = secretFinder([
    ...handedOut.map((token) => textSecret('a token', token)),
    textSecret('IDENTITY_HEADER', azure.identityEndpoint.header),
  ]);
  for (const depth of [2, Number.POSITIVE_INFINITY]) {
    const printed = inspect(error, { depth, showHidden: depth > 2 });
    expect(printed.length).toBeGreaterThan(100);
    expect(finder.findIn(printed)).toEqual([]);
  }
}

const caught = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

test.each<FaultEffect>([
  { kind: 'forbidden', reason: 'ForbiddenByRbac' },
  { kind: 'status', status: 400, code: 'BadParameter' },
  { kind: 'reset' },
  { kind: 'truncate' },
  { kind: 'notJson' },
  { kind: 'redirect', location: 'https://evil.vault.azure.net/' },
])('an error of Key Vault holds no secret for whoever prints it: %j', async (effect) => {
  azure.keyVault.faults.add({ operation: 'backupKey', effect });
  expectDiscreet(await caught(keys.backUpKey('signing', noLimit)));
});

test.each([
  { kind: 'status', status: 403, code: 'AuthorizationFailure' },
  { kind: 'status', status: 500, code: 'InternalError' },
  { kind: 'reset' },
  { kind: 'resetAfterWork' },
] as const)('nor does one of storage: %j', async (effect) => {
  azure.storage.faults.add({ effect });
  const blob = { name: `e/${effect.kind}`, bytes: Buffer.from('x'), contentType: 'x', metadata: {} };
  expectDiscreet(await caught(store.create(blob, noLimit)));
  expectDiscreet(await caught(store.read('e/x', noLimit)));
});
