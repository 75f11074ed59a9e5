import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Audit } from '../../../src/escrow/audit/audit-document.ts';
import { decodeMarks } from '../../../src/escrow/audit/calendar.ts';
import { isOwed } from '../../../src/escrow/audit/coverage-status.ts';
import { verifyChain } from '../../../src/escrow/audit/evidence-chain.ts';
import { parseRecordName } from '../../../src/escrow/records/blob-names.ts';
import { sha256Of } from '../../../src/escrow/records/put-once.ts';
import { type AuditWorld, createAuditWorld, day, hour } from '../../support/audit-world.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';

const dayOne = Date.parse('2026-11-01T02:00:00Z');
const names = ['a', 'b', 'c', 'tmp-d', 'old-e'];
const name = fc.constantFrom(...names);

/** What may happen to an escrow within a day. */
const event = fc.oneof(
  fc.record({ kind: fc.constant('night' as const), fail: fc.subarray(names), noReport: fc.boolean() }),
  fc.record({ kind: fc.constant('quietNight' as const) }),
  fc.record({ kind: fc.constant('addKey' as const), name, certificateBacked: fc.boolean() }),
  fc.record({ kind: fc.constant('deleteKey' as const), name }),
  fc.record({ kind: fc.constant('removeRecord' as const), name, which: fc.nat(5) }),
  fc.record({ kind: fc.constant('emptyRecord' as const), name }),
  fc.record({ kind: fc.constant('spoilReport' as const) }),
  fc.record({ kind: fc.constant('forgetAudits' as const) }),
);
type Event = typeof event extends fc.Arbitrary<infer One> ? One : never;

function recordsOf(world: AuditWorld, key: string): string[] {
  return [...world.blobs.keys()].filter((blob) => parseRecordName(blob)?.keyName === key);
}

function happen(world: AuditWorld, what: Event, at: Date): void {
  if (what.kind === 'night') {
    world.night(at, { fail: what.fail.filter((one) => world.keys.has(one)), noReport: what.noReport });
  } else if (what.kind === 'quietNight') {
    world.night(at);
  } else if (what.kind === 'addKey') {
    world.addKey(what.name, { certificateBacked: what.certificateBacked });
  } else if (what.kind === 'deleteKey') {
    world.keys.delete(what.name);
  } else if (what.kind === 'removeRecord') {
    world.lose(recordsOf(world, what.name).at(-1 - what.which) ?? '');
  } else if (what.kind === 'emptyRecord') {
    replace(world, recordsOf(world, what.name).at(-1), '');
  } else if (what.kind === 'spoilReport') {
    replace(world, [...world.blobs.keys()].filter((one) => /^runs\/.*json$/.test(one)).at(-1), '{"format":"none"}');
  } else {
    for (const one of [...world.blobs.keys()]) if (one.startsWith('audits/')) world.lose(one);
  }
}

/** Other content; with `isThorough` its digest beside it is made to match, as somebody would who knows of it. */
function replace(world: AuditWorld, blobName: string | undefined, content: string, isThorough = false): void {
  const blob = world.blobs.get(blobName ?? '');
  if (blob === undefined) return;
  const bytes = Buffer.from(content);
  const metadata = isThorough ? { ...blob.metadata, sha256: sha256Of(bytes) } : blob.metadata;
  world.blobs.set(blob.name, { ...blob, bytes, length: bytes.length, metadata });
}

function check(world: AuditWorld, audit: Audit): void {
  const keys = audit.sources[0]?.keys ?? [];
  const shown = keys.map(({ key }) => key);
  expect(new Set(shown).size).toBe(shown.length);
  for (const key of world.keys.keys()) expect(shown).toContain(key);
  expect(Object.values(audit.totals.byStatus).reduce((sum, count) => sum + count, 0)).toBe(keys.length);
  expect(audit.totals.keys).toBe(keys.filter(({ status }) => isOwed(status)).length);
  expect(audit.totals.restorable).toBeLessThanOrEqual(audit.totals.keys);
  for (const { key, status, record, days } of keys) {
    expect(decodeMarks(days)).toHaveLength(90);
    // Never a record that is not there, never an empty one, never one that is called fresh and is not.
    if (record !== undefined) expect(world.blobs.get(record.blobName)).toMatchObject({ length: record.bytes });
    if (record !== undefined) expect(record.bytes).toBeGreaterThan(0);
    const isFresh = record !== undefined && Date.parse(record.createdAt) >= world.now.getTime() - 26 * hour;
    if (status === 'fresh' || status === 'stale') expect([key, status === 'fresh']).toEqual([key, isFresh]);
    // Nothing owed is lost in silence.
    const said = audit.findings.some((finding) => finding.key === key);
    if (isOwed(status) && record === undefined && status !== 'pending') expect([key, said]).toEqual([key, true]);
    if (status === 'stale' || status === 'gone') expect([key, said]).toEqual([key, true]);
  }
  expect(audit.status).toBe(audit.findings.some(({ severity }) => severity === 'gap') ? 'gaps' : 'ok');
}

test('an audit never claims what is not there and never keeps quiet about what is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(event, { maxLength: 4 }), { minLength: 1, maxLength: 8 }), async (days) => {
      const source = escrowSource('vault', 'contoso-prod', { except: ['tmp-*'], retired: ['old-*'] });
      const world = createAuditWorld(source, new Date(dayOne - day));
      for (const key of ['a', 'b', 'tmp-d', 'old-e']) world.addKey(key);
      for (const [index, events] of days.entries()) {
        const at = new Date(dayOne + index * day);
        world.now = at;
        for (const [order, what] of events.entries()) happen(world, what, new Date(at.getTime() + order * 600_000));
        world.now = new Date(at.getTime() + 4 * hour);
        check(world, await world.audit());
      }
    }),
    { numRuns: 150 },
  );
});

const crimes = fc.constantFrom('remove', 'replace', 'replaceWithCare');

test('the chain of an escrow that nobody touched is whole, and any one change in it shows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 6 }), fc.nat(), crimes, async (nights, pick, crime) => {
      const world = createAuditWorld(escrowSource('vault', 'contoso-prod'), new Date(dayOne - day));
      world.addKey('a');
      for (let index = 0; index < nights; index++) {
        world.night(new Date(dayOne + index * day));
        world.now = new Date(dayOne + index * day + 4 * hour);
        await world.audit();
      }
      expect((await verifyChain(world.stores, world.now, noLimit)).findings).toEqual([]);
      const held = [...world.blobs.keys()].filter((one) => /^runs\/.*\.json$|^audits\/2/.test(one));
      // The newest page is listed by the next audit. That the newest audit was replaced with care, only the log can tell.
      const newestPage = held.findLast((one) => one.endsWith('.html'));
      const newest = crime === 'replaceWithCare' ? newestPage?.replace('.html', '.json') : undefined;
      const candidates = held.filter((one) => one !== newestPage && one !== newest);
      const victim = candidates[pick % candidates.length] ?? '';
      const content = `${Buffer.from(world.blobs.get(victim)?.bytes ?? '').toString()} `;
      if (crime === 'remove') world.lose(victim);
      else replace(world, victim, content, crime === 'replaceWithCare');
      const { findings } = await verifyChain(world.stores, world.now, noLimit);
      expect(findings.map(({ message }) => message.includes(victim))).toContain(true);
    }),
    { numRuns: 100 },
  );
});

/** What an honest escrow does, at whatever times: a run, an audit, several of them, a request that is kept. */
const honest = fc.record({
  kind: fc.constantFrom('night', 'audit', 'audit', 'request'),
  afterMs: fc
    .oneof(fc.integer({ max: 1500 }), fc.integer({ max: 30 * hour }), fc.integer({ max: 40 * day }))
    .map(Math.abs),
});

test('no audit suspects an honest escrow, whatever the times of its runs and audits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(honest, { minLength: 2, maxLength: 20 }), async (acts) => {
      const world = createAuditWorld(escrowSource('vault', 'contoso-prod'), new Date(dayOne - day));
      world.addKey('a');
      let at = dayOne;
      for (const [index, { kind, afterMs }] of acts.entries()) {
        // A run takes a minute.
        at = Math.max(at + afterMs, world.now.getTime());
        world.now = new Date(at);
        if (kind === 'night') world.night(new Date(at));
        if (kind === 'request') world.forge(`requests/${index}.json`, '{}');
        if (kind !== 'audit') continue;
        const { findings } = await world.audit();
        const suspicions = findings.filter(({ finding }) =>
          /^(evidence|chain|record|page)|reportUnreadable/.test(finding),
        );
        expect(suspicions).toEqual([]);
      }
      world.now = new Date(at + hour);
      const { findings } = await verifyChain(world.stores, world.now, noLimit);
      expect(findings.filter(({ finding }) => finding !== 'auditMissing')).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
