import { expect, test } from 'vitest';
import { found } from '../../support/audit-nights.ts';
import { createAuditWorld, day, hour } from '../../support/audit-world.ts';
import { escrowSource } from '../../support/escrow-sources.ts';

const last = Date.parse('2026-11-24T02:00:00Z');

/** Nights and daily audits over so many keys, then the requests of the next audit. */
async function requestsOfAnAudit(keys: number, nights: number): Promise<number> {
  const first = last - nights * day;
  const world = createAuditWorld(escrowSource('vault', 'contoso-prod'), new Date(first - day));
  for (let index = 0; index < keys; index++) world.addKey(`key-${index}`);
  for (let night = 0; night < nights; night++) {
    world.night(new Date(first + night * day));
    // Audits of the last weeks are enough to have witnessed every key.
    world.now = new Date(first + night * day + 4 * hour);
    if (nights - night < 32) expect(found(await world.audit())).toEqual(nights - night === 31 ? ['auditMissing'] : []);
  }
  world.night(new Date(first + nights * day));
  world.now = new Date(first + nights * day + 4 * hour);
  const audit = await world.audit();
  expect(audit.totals).toMatchObject({ keys, intact: keys });
  return world.requests();
}

test('a daily audit costs at most 1.1 requests per key, with months of history', async () => {
  const [keys, nights] = [650, 120];
  const requests = await requestsOfAnAudit(keys, nights);
  console.info(
    `audit of ${keys} keys after ${nights} nights: ${requests} requests, ${(requests / keys).toFixed(3)} per key`,
  );
  expect(requests / keys).toBeLessThanOrEqual(1.1);
});

test('the length of the history changes nothing', async () => {
  expect(await requestsOfAnAudit(100, 200)).toBe(await requestsOfAnAudit(100, 60));
});
