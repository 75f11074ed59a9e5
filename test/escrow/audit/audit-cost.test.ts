import { expect, test } from 'vitest';
import { found } from '../../support/audit-findings.ts';
import { createAuditWorld, day, hour } from '../../support/audit-world.ts';
import { escrowSource } from '../../support/escrow-sources.ts';

const last = Date.parse('2026-11-24T02:00:00Z');

/** Nights over so many keys, the last of them with a daily audit each: the requests of every audit after the first. */
async function requestsOfAudits(keys: number, nights: number, audits: number): Promise<number[]> {
  const first = last - nights * day;
  const world = createAuditWorld(escrowSource('vault', 'contoso-prod'), new Date(first - day));
  for (let index = 0; index < keys; index++) world.addKey(`key-${index}`);
  const requests: number[] = [];
  for (let night = 0; night < nights; night++) {
    world.night(new Date(first + night * day));
    world.now = new Date(first + night * day + 4 * hour);
    if (nights - night > audits) continue;
    const audit = await world.audit();
    expect(found(audit)).toEqual(nights - night === audits ? ['auditMissing'] : []);
    expect(audit.totals).toMatchObject({ keys, intact: keys });
    requests.push(world.requests());
  }
  return requests.slice(1);
}

test('a daily audit costs at most 1.1 requests per key, with months of history', async () => {
  const [keys, nights] = [650, 62];
  const requests = Math.max(...(await requestsOfAudits(keys, nights, 4)));
  console.info(
    `audit of ${keys} keys after ${nights} nights: ${requests} requests, ${(requests / keys).toFixed(3)} per key`,
  );
  expect(requests / keys).toBeLessThanOrEqual(1.1);
});

test('the length of the history changes nothing, on any day of the round through the whole folders', async () => {
  const [keys, round] = [30, 32];
  const afterTwoMonths = await requestsOfAudits(keys, 60, round);
  expect(new Set(afterTwoMonths).size).toBe(1);
  expect(await requestsOfAudits(keys, 200, round)).toEqual(afterTwoMonths);
});
