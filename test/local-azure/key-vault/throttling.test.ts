import { beforeEach, expect, test } from 'vitest';
import type { LocalSource } from '../../../local-azure/key-vault/local-source.ts';
import { now } from '../../support/now.ts';
import { useKeyVault } from './served-key-vault.ts';

let nowMs = now().getTime();
const served = useKeyVault({ now: () => nowMs });
let vault: LocalSource;

beforeEach(async () => {
  vault = served.service.addSource({ kind: 'vault', name: 'contoso', callsPerSecond: 4 });
  vault.addKey({ name: 'signing' });
});

async function statuses(count: number, path = '/keys/signing', method = 'GET'): Promise<number[]> {
  const seen: number[] = [];
  for (let sent = 0; sent < count; sent += 1) {
    seen.push((await served.send(`${vault.url}${path}?api-version=7.4`, { method })).status);
  }
  return seen;
}

test('the bucket is one second deep and refills continuously', async () => {
  expect(await statuses(6)).toEqual([200, 200, 200, 200, 429, 429]);
  nowMs += 500;
  expect(await statuses(3)).toEqual([200, 200, 429]);
  nowMs += 60_000;
  expect(await statuses(5)).toEqual([200, 200, 200, 200, 429]);
});

test('a refusal is the recorded one, without Retry-After', async () => {
  await statuses(4);
  const answer = await served.send(`${vault.url}/keys/signing/backup?api-version=7.4`, { method: 'POST' });
  const message =
    'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached';
  expect(answer).toMatchObject({ status: 429, json: { error: { code: 'Throttled', message } } });
  expect(answer.headers).not.toHaveProperty('retry-after');
  expect(answer.headers['content-length']).toBe('146');
});

test('counts backups, reads and listings of authenticated callers only, each source for itself', async () => {
  const other = served.service.addSource({ kind: 'managedHsm', name: 'contoso' });
  other.addKey({ name: 'signing' });
  for (let sent = 0; sent < 10; sent += 1) {
    const challenged = await served.send(`${vault.url}/keys?api-version=7.4`, { identity: null });
    expect(challenged.status).toBe(401);
    expect((await served.send(`${other.url}/keys?api-version=7.4`)).status).toBe(200);
  }
  expect(await statuses(2, '/keys')).toEqual([200, 200]);
  expect(await statuses(1, '/keys/signing/backup', 'POST')).toEqual([200]);
  expect(await statuses(2, '/keys/signing/versions')).toEqual([200, 429]);
  expect(await statuses(1, '/keys/signing', 'DELETE')).toEqual([200]);
});

test('the limit can be changed and lifted', async () => {
  vault.setCallsPerSecond(1);
  expect(await statuses(2)).toEqual([200, 429]);
  vault.setCallsPerSecond(undefined);
  expect(await statuses(20)).toEqual(new Array(20).fill(200));
});
