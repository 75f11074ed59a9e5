import { setTimeout as delay } from 'node:timers/promises';
import { KeyClient } from '@azure/keyvault-keys';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEscrowApp } from '../support/escrow-app.ts';
import { startTestAzure, type TestAzure } from '../support/local-azure.ts';
import { lastNight } from '../support/occurrence.ts';

const maxBackupsPerSecond = 20;
// Calls leave at the pace; on a busy machine some arrive together.
const mostArrivals = maxBackupsPerSecond * 1.25;

let azure: TestAzure;

beforeAll(async () => {
  const keys = Array.from({ length: 15 }, (_, index) => `key-${index}`);
  azure = await startTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod', callsPerSecond: 40, keys }] });
});

afterAll(() => azure?.stop());

/** The most calls of the application that the vault saw within any second. */
function busiestSecond(): number {
  const times = azure.keyVault.requests.filter(({ identity }) => identity === 'app').map(({ at }) => at);
  return Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + 1000).length));
}

describe('a vault whose limit is shared with production', () => {
  test('is left room: no call of production, and none of the run, is throttled', async () => {
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod', maxBackupsPerSecond }]);
    const production = new KeyClient(
      'https://contoso-prod.vault.azure.net',
      azure.credential(azure.identities.operator),
      {
        retryOptions: { maxRetries: 0 },
      },
    );
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
    expect((await app.nightly(lastNight())).error).toBeUndefined();
    isRunning = false;
    expect(await serving).toBeGreaterThan(3);
    expect(azure.keyVault.requests.filter(({ status }) => status === 429)).toEqual([]);
    expect(busiestSecond()).toBeLessThanOrEqual(mostArrivals);
  });

  test('sees one pace of a process, whatever the number of requests under way', async () => {
    azure.keyVault.requests.length = 0;
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod', maxBackupsPerSecond }]);
    const asked = ['key-1', 'key-2', 'key-3', 'key-4'].map((name) => app.deliver({ vaultName: 'contoso-prod', name }));
    const all = await Promise.all([app.deliver({ vaultName: 'contoso-prod' }), ...asked]);
    expect(all.map(({ error }) => error)).toEqual(all.map(() => undefined));
    expect(azure.keyVault.requests.filter(({ identity }) => identity === 'app').length).toBeGreaterThan(22);
    expect(busiestSecond()).toBeLessThanOrEqual(mostArrivals);
  });
});
