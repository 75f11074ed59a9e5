import { setTimeout as delay } from 'node:timers/promises';
import { KeyClient } from '@azure/keyvault-keys';
import { beforeEach, describe, expect, test } from 'vitest';
import { startEscrowApp } from '../support/escrow-app.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { lastNight, now } from '../support/now.ts';

const maxBackupsPerSecond = 20;
const keysOf = (count: number) => Array.from({ length: count }, (_, index) => `key-${index}`);

const azure = await useTestAzure({
  sources: [
    // More keys than the vault takes in one go: a run without a pace would be throttled.
    { kind: 'vault', name: 'contoso-prod', callsPerSecond: 40, keys: keysOf(50) },
    { kind: 'vault', name: 'contoso-web', keys: keysOf(15) },
  ],
});

beforeEach(() => {
  azure.keyVault.requests.length = 0;
});

/**
 * The application's calls, each held against the earliest instant at which it may have left: two at once, then one after
 * the other. A slow machine only makes them later.
 */
function expectPace(startedAt: number, leastCalls: number): void {
  const at = azure.keyVault.requests.filter(({ identity }) => identity === 'app').map((request) => request.at);
  expect(at.length).toBeGreaterThanOrEqual(leastCalls);
  const tooEarly = at.filter((instant, index) => instant < startedAt + ((index - 1) * 1000) / maxBackupsPerSecond - 1);
  expect(tooEarly).toEqual([]);
}

describe('a vault whose limit is shared with production', () => {
  test('is left room: no call of production, and none of the run, is throttled', async () => {
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod', maxBackupsPerSecond }]);
    const credential = azure.credential(azure.identities.operator);
    const production = new KeyClient(azure.vault('contoso-prod').url, credential, { retryOptions: { maxRetries: 0 } });
    let isRunning = true;
    const serve = async (): Promise<number> => {
      let served = 0;
      for (; isRunning; served++) {
        await production.getKey('key-0');
        await delay(80);
      }
      return served;
    };
    const serving = serve();
    const startedAt = now().getTime();
    expect((await app.nightly(lastNight())).error).toBeUndefined();
    isRunning = false;
    expect(await serving).toBeGreaterThan(3);
    expect(azure.keyVault.requests.filter(({ status }) => status === 429)).toEqual([]);
    expectPace(startedAt, 52);
  });

  test('sees one pace of a process, whatever the number of requests under way', async () => {
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-web', maxBackupsPerSecond }]);
    const startedAt = now().getTime();
    const asked = ['key-1', 'key-2', 'key-3', 'key-4'].map((name) => app.deliver({ vaultName: 'contoso-web', name }));
    const all = await Promise.all([app.deliver({ vaultName: 'contoso-web' }), ...asked]);
    expect(all.map(({ error }) => error)).toEqual(all.map(() => undefined));
    expectPace(startedAt, 23);
  });
});
