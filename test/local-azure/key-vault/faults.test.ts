import { beforeEach, describe, expect, test } from 'vitest';
import { createFaultPlan } from '../../../local-azure/fault-plan.ts';
import { matchesFault, seededRandom } from '../../../local-azure/key-vault/faults.ts';
import type { LocalSource } from '../../../local-azure/key-vault/local-source.ts';
import { fromNow, hour } from '../../support/now.ts';
import { type RawAnswer, useKeyVault } from './served-key-vault.ts';

const served = useKeyVault();
let vault: LocalSource;

beforeEach(async () => {
  vault = served.service.addSource({ kind: 'vault', name: 'contoso' });
  vault.addKey({ name: 'signing' });
});

function backUp(name = 'signing'): Promise<RawAnswer> {
  return served.send(`${vault.url}/keys/${name}/backup?api-version=7.4`, { method: 'POST' });
}

describe('what a fault does', () => {
  test('throttles without Retry-After, with seconds, and with a date', async () => {
    const at = fromNow(hour);
    for (const [retryAfter, header] of [
      [undefined, undefined],
      [7, '7'],
      [at, at.toUTCString()],
    ] as const) {
      served.service.faults.clear();
      served.service.faults.add({ effect: { kind: 'throttle', retryAfter } });
      const answer = await backUp();
      expect([answer.status, answer.headers['retry-after']]).toEqual([429, header]);
      expect(answer.json.error.code).toBe('Throttled');
    }
  });

  test.each([[408], [500], [503]])('answers %i with an error body', async (status) => {
    served.service.faults.add({ effect: { kind: 'status', status } });
    expect(await backUp()).toMatchObject({ status, json: { error: { code: expect.any(String) } } });
  });

  test('answers a status with Retry-After, or with nothing but headers', async () => {
    served.service.faults.add({ effect: { kind: 'status', status: 503, retryAfter: 3, emptyBody: true } });
    expect(await backUp()).toMatchObject({ status: 503, headers: { 'retry-after': '3' }, text: '' });
  });

  test.each([
    ['before', 'reset', ['signing'], []],
    ['after', 'resetAfterWork', [], ['signing']],
  ] as const)('cuts the connection %s the work', async (_when, kind, kept, deleted) => {
    served.service.faults.add({ operation: 'deleteKey', effect: { kind } });
    const request = served.send(`${vault.url}/keys/signing?api-version=7.4`, { method: 'DELETE' });
    await expect(request).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect([vault.keyNames(), vault.deletedKeyNames()]).toEqual([kept, deleted]);
  });

  test('stalls for ever, and answers others meanwhile', async () => {
    served.service.faults.add({ times: 1, effect: { kind: 'stall' } });
    const leaving = new AbortController();
    const stalled = served.client(vault).backupKey('signing', { abortSignal: leaving.signal });
    const left = expect(stalled).rejects.toMatchObject({ name: 'AbortError' });
    const asked = () => served.service.requests.find(({ authenticated }) => authenticated);
    await expect.poll(asked).toBeDefined();
    expect((await backUp()).status).toBe(200);
    expect(asked()?.status).toBe(0);
    leaving.abort();
    await left;
  });

  test('sends half of the body', async () => {
    served.service.faults.add({ effect: { kind: 'truncate' } });
    await expect(backUp()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(served.service.requests.at(-1)?.status).toBe(200);
  });

  test('sends a page of HTML instead of JSON', async () => {
    served.service.faults.add({ effect: { kind: 'notJson' } });
    const answer = await backUp();
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(answer.text).toMatch(/^<!DOCTYPE html>/);
  });

  test('sends a backup with an empty value, or without one', async () => {
    const remove = served.service.faults.add({ effect: { kind: 'emptyValue' } });
    expect((await backUp()).json).toEqual({ value: '' });
    remove();
    served.service.faults.add({ effect: { kind: 'missingValue' } });
    expect((await backUp()).json).toEqual({});
  });

  test('expires a token mid-run, and the SDK answers the new challenge', async () => {
    const client = served.client(vault);
    await client.backupKey('signing');
    served.service.faults.add({ times: 1, effect: { kind: 'expireToken' } });
    await client.backupKey('signing');
    const { requests } = served.service;
    expect(requests.map(({ status }) => status)).toEqual([401, 200, 401, 200]);
  });

  test.each([['AccessDenied'], ['ForbiddenByRbac'], ['ForbiddenByFirewall'], ['ForbiddenByConnection']] as const)(
    'forbids in the words of %s',
    async (reason) => {
      served.service.faults.add({ effect: { kind: 'forbidden', reason } });
      await expect(served.client(vault).backupKey('signing')).rejects.toMatchObject({
        statusCode: 403,
        code: 'Forbidden',
        details: { error: { innerError: { code: reason } } },
      });
    },
  );

  test('sends the listing on to another host', async () => {
    served.service.faults.add({ operation: 'listKeys', effect: { kind: 'foreignNextLink', host: 'evil.example' } });
    const { json } = await served.send(`${vault.url}/keys?api-version=7.4`);
    expect(json.value).toHaveLength(1);
    expect(json.nextLink).toBe('https://evil.example/keys?api-version=7.4');
  });

  test('sends the listing in circles', async () => {
    served.service.faults.add({ operation: 'listKeys', times: 3, effect: { kind: 'loopNextLink' } });
    const listed = await Array.fromAsync(served.client(vault).listPropertiesOfKeys());
    expect(listed.map(({ name }) => name)).toEqual(['signing', 'signing', 'signing', 'signing']);
  });

  test('redirects', async () => {
    served.service.faults.add({ effect: { kind: 'redirect', location: 'https://evil.example/' } });
    expect(await backUp()).toMatchObject({ status: 307, headers: { location: 'https://evil.example/' } });
  });

  test('delays, and whatever else applies still does', async () => {
    served.service.faults.add({ effect: { kind: 'latency', ms: 30, jitterMs: 5 } });
    served.service.faults.add({ effect: { kind: 'latency', ms: 30 } });
    served.service.faults.add({ effect: { kind: 'status', status: 503 } });
    const startedAt = performance.now();
    expect((await backUp()).status).toBe(503);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59);
  });
});

describe('what a fault meets', () => {
  const subject = { source: 'contoso', operation: 'backupKey', keyName: 'signing', authenticated: true } as const;
  const effect = { kind: 'status', status: 503 } as const;

  function hits(fault: object, count: number, subjects: object = {}): number {
    const plan = createFaultPlan(matchesFault, seededRandom(1));
    plan.add({ ...fault, effect });
    const chosen = Array.from({ length: count }, () => plan.choose({ ...subject, ...subjects }).effect);
    return chosen.filter((one) => one !== undefined).length;
  }

  test.each([
    ['any request', {}, 1],
    ['its source, in any casing', { source: 'Contoso' }, 1],
    ['not another source', { source: 'other' }, 0],
    ['its operation', { operation: 'backupKey' }, 1],
    ['not another operation', { operation: 'getKey' }, 0],
    ['its key, in any casing', { keyName: 'SIGNING' }, 1],
    ['not another key', { keyName: 'sign' }, 0],
  ])('%s', (_what, fault, expected) => {
    expect(hits(fault, 1)).toBe(expected);
  });

  test('spares the challenge request by default', () => {
    expect(hits({}, 1, { authenticated: false })).toBe(0);
    expect(hits({ requests: 'unauthenticated' }, 1, { authenticated: false })).toBe(1);
    expect(hits({ requests: 'all' }, 1, { authenticated: false })).toBe(1);
    expect(hits({ requests: 'unauthenticated' }, 1)).toBe(0);
  });

  test('lets the first ones pass and ends after so many times', () => {
    expect(hits({ skip: 3 }, 10)).toBe(7);
    expect(hits({ times: 2 }, 10)).toBe(2);
    expect(hits({ skip: 3, times: 2 }, 10)).toBe(2);
  });

  test('applies with the given probability, the same way for the same seed', () => {
    const count = hits({ probability: 0.25 }, 4000);
    expect(count).toBeGreaterThan(900);
    expect(count).toBeLessThan(1100);
    expect(hits({ probability: 0.25 }, 4000)).toBe(count);
  });

  test('the first fault wins, and one that was taken away does nothing', () => {
    const plan = createFaultPlan(matchesFault, seededRandom(1));
    const remove = plan.add({ effect });
    plan.add({ effect: { kind: 'stall' } });
    expect(plan.choose(subject).effect).toEqual(effect);
    remove();
    expect(plan.choose(subject).effect).toEqual({ kind: 'stall' });
    plan.clear();
    expect(plan.choose(subject)).toEqual({ delayMs: 0, effect: undefined });
  });
});
