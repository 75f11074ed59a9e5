import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import type { Audit } from '../../../src/escrow/records/audit-document.ts';
import { decodeAudit, encodeAudit } from '../../../src/escrow/records/audit-encoding.ts';
import { parseRecordName } from '../../../src/escrow/records/blob-names.ts';
import { night, startEscrow } from '../../support/audit-nights.ts';
import { type AuditWorld, day, hour, type WorldKey } from '../../support/audit-world.ts';

const names = ['a', 'b', 'c', 'd', 'e'];
const name = fc.constantFrom(...names);

/** What an honest escrow lives through, at any times. */
const act = fc.record({
  kind: fc.constantFrom(
    'night',
    'night',
    'audit',
    'audit',
    'rotate',
    'request',
    'delete',
    'recover',
    'restoreOlder',
    'make',
    'copy',
  ),
  name,
  afterMs: fc.oneof(fc.integer({ min: 0, max: 2 * hour }), fc.integer({ min: 0, max: 30 * hour })),
});

/** What is true of a world, to hold findings against. */
interface Truth {
  /** Keys whose versions an audit may have seen and that are no longer there. */
  readonly lost: Set<string>;
  /** Keys that an audit saw listed. */
  readonly audited: Set<string>;
  /** Names that were ever backed up while no audit saw them listed. */
  readonly unseen: Set<string>;
  readonly snapshots: Map<string, WorldKey[]>;
  isCopied: boolean;
}

function recordsOf(world: AuditWorld, key: string) {
  return [...world.store.blobs.values()].filter((blob) => parseRecordName(blob.name)?.keyName === key);
}

/** Why a finding is false; undefined when it is true. */
function whyFalse(
  { finding, key = '' }: Audit['findings'][number],
  world: AuditWorld,
  truth: Truth,
): string | undefined {
  const there = world.keys.get(key);
  const backups = recordsOf(world, key).map(({ metadata }) => Date.parse(metadata.backedupat ?? ''));
  const newest = Math.max(...backups);
  switch (finding) {
    case 'stale':
      return world.now.getTime() - newest > 26 * hour ? undefined : 'its newest record is young';
    case 'neverEscrowed':
      return backups.length === 0 ? undefined : 'it has records';
    case 'changedSinceBackup':
      return (there?.updatedAt?.getTime() ?? 0) > newest ? undefined : 'it has not changed';
    case 'keyGone':
      return there === undefined ? undefined : 'it is there';
    case 'keyReplaced':
    case 'keyRolledBack':
      return truth.lost.has(key) ? undefined : 'it is the same key';
    case 'recordsOfUnknownKeys':
      return truth.unseen.size > 0 ? undefined : 'every key was seen';
    case 'recordsLate':
    case 'recordUnproven':
      return truth.isCopied ? undefined : 'nothing was copied';
    // Runs and audits come at any times here, so some that were due never came.
    case 'auditMissing':
    case 'sourceShrank':
    case 'sourceEmpty':
    case 'runMissing':
      return undefined;
    default:
      return 'nothing of this kind ever happened';
  }
}

async function live(
  { kind, name: key, afterMs }: { kind: string; name: string; afterMs: number },
  world: AuditWorld,
  truth: Truth,
): Promise<Audit | undefined> {
  world.now = new Date(world.now.getTime() + afterMs + 1000);
  const there = world.keys.get(key);
  const backedUp = (one: WorldKey) => truth.snapshots.set(one.name, [...(truth.snapshots.get(one.name) ?? []), one]);
  if (kind === 'night') {
    for (const one of world.keys.values()) backedUp(one);
    world.night(world.now);
  }
  if (kind === 'request' && there) {
    backedUp(there);
    world.backUp(key, `${scheduledRunId(world.now)}-0000000a`);
  }
  if (kind === 'rotate' && there) world.rotate(key);
  if (kind === 'make' && !there) {
    if (truth.snapshots.has(key) || truth.audited.has(key)) truth.lost.add(key);
    world.addKey(key);
  }
  if (kind === 'delete') world.keys.delete(key);
  const last = truth.snapshots.get(key)?.at(-1);
  if (kind === 'recover' && !there && last) world.restore(last);
  if (kind === 'restoreOlder' && there) {
    const [older] = truth.snapshots.get(key) ?? [];
    if (older && older.versions.length < there.versions.length) {
      truth.lost.add(key);
      world.restore(older);
    }
  }
  if (kind === 'copy') {
    world.copyEscrow();
    truth.isCopied = true;
  }
  if (kind !== 'audit') {
    for (const blob of world.store.blobs.keys()) {
      const recorded = parseRecordName(blob)?.keyName;
      if (recorded !== undefined && !world.keys.has(recorded)) truth.unseen.add(recorded);
    }
    return undefined;
  }
  for (const one of world.keys.keys()) truth.audited.add(one);
  return world.audit();
}

test('no finding about an honest escrow is false, whatever it lives through', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 30 }), async (acts) => {
      const world = startEscrow({}, names.slice(0, 3));
      world.now = night(0);
      const truth: Truth = {
        lost: new Set(),
        audited: new Set(),
        unseen: new Set(),
        snapshots: new Map(),
        isCopied: false,
      };
      for (const one of acts) {
        const audit = await live(one, world, truth);
        if (audit === undefined) continue;
        const falseOnes = audit.findings.flatMap((finding) => {
          const why = whyFalse(finding, world, truth);
          return why === undefined ? [] : [`${finding.finding} ${finding.key ?? ''}: ${why}`];
        });
        expect(falseOnes).toEqual([]);
        expect(audit.totals.intact).toBeLessThanOrEqual(audit.totals.keys);
        for (const key of world.keys.keys()) expect(audit.keys.map((one) => one.key)).toContain(key);
      }
    }),
    { numRuns: 200 },
  );
}, 120_000);

test('the first audit after the first night is quiet, whatever keys there are and whenever it is', async () => {
  const settings = fc.record({
    keys: fc.subarray(names, { minLength: 1 }),
    versions: fc.integer({ min: 1, max: 30 }),
    hours: fc.integer({ min: 2, max: 21 }),
  });
  await fc.assert(
    fc.asyncProperty(settings, async ({ keys, versions, hours }) => {
      const world = startEscrow({}, keys);
      for (const key of keys) for (let version = 1; version < versions; version++) world.rotate(key);
      world.night(night(0));
      world.now = night(0, hours);
      expect((await world.audit()).findings).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

const text = fc.oneof(fc.string(), fc.constantFrom('', '1970-01-01T00:00:00Z', '9999-12-31T00:00:00Z', '\u001b[2J'));

/** A blob that a thief of the backup identity puts: any name in the layout, any content, any metadata; never over another. */
const plant = fc.record({
  where: fc.oneof(
    fc.record({
      kind: fc.constant('record' as const),
      key: fc.constantFrom(...names, 'stranger'),
      run: fc.integer({ min: -20, max: 20 }),
      suffix: fc.constantFrom('', '-0000000b', '.2', 'x'),
    }),
    fc.record({
      kind: fc.constant('report' as const),
      run: fc.integer({ min: -20, max: 20 }),
      suffix: fc.constantFrom('.json', '.2.json', '.started'),
    }),
    fc.record({
      kind: fc.constant('other' as const),
      name: fc.constantFrom(
        'requests/x.json',
        'requests/2026-11-02/x.json',
        'named/a',
        'vaults/stranger/a/20261101T020000Z.keybackup',
        'audits/20261105T060000Z.json',
        'drills/20261105T060000Z.json',
        'notes/payroll.bin',
        'runs/canary2',
      ),
    }),
  ),
  keyid: fc.option(fc.constantFrom(...names), { nil: undefined }),
  backedUpHoursAgo: fc.option(fc.integer({ min: -100, max: 1000 }), { nil: undefined }),
  sha256: fc.option(text, { nil: undefined }),
  content: text,
  type: fc.constantFrom('block' as const, 'block' as const, 'append' as const),
  tier: fc.constantFrom('Hot', 'Hot', 'Archive'),
  copies: fc.constantFrom(1, 1, 40),
});
type Plant = typeof plant extends fc.Arbitrary<infer One> ? One : never;

function putPlant(
  world: AuditWorld,
  { where, keyid, backedUpHoursAgo, sha256, content, type, tier, copies }: Plant,
): void {
  const stamp = (days: number, copy: number) =>
    scheduledRunId(new Date(world.now.getTime() + days * day + copy * 1000));
  for (let copy = 0; copy < copies; copy++) {
    const blobName =
      where.kind === 'record'
        ? `vaults/contoso-prod/${where.key}/${stamp(where.run, copy)}${where.suffix}.keybackup`
        : where.kind === 'report'
          ? `runs/${stamp(where.run, copy)}/vaults/contoso-prod${where.suffix}`
          : `${where.name}${copy === 0 ? '' : copy}`;
    if (world.store.blobs.has(blobName)) continue;
    const metadata = {
      ...(keyid && { keyid: `https://contoso-prod.vault.azure.net/keys/${keyid}` }),
      ...(backedUpHoursAgo !== undefined && {
        backedupat: new Date(world.now.getTime() - backedUpHoursAgo * hour).toISOString(),
      }),
      ...(sha256 !== undefined && { sha256 }),
    };
    world.store.put(blobName, content, { metadata, type, tier });
  }
}

const crime = fc.record({
  kind: fc.constantFrom('delete', 'replace', 'rollBack', 'removeRecord', 'alterRecord', 'alterInPlace'),
  name: fc.constantFrom(...names.slice(0, 3)),
});

function commit(kind: string, key: string, world: AuditWorld): void {
  const newest = recordsOf(world, key)
    .filter(
      ({ metadata, type, lastModified, createdAt }) =>
        metadata.genuine === 'yes' && type === 'block' && lastModified <= createdAt,
    )
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
    .at(-1);
  if (kind === 'delete') world.keys.delete(key);
  if (kind === 'replace') {
    world.keys.delete(key);
    world.addKey(key);
  }
  if (kind === 'rollBack') {
    const there = world.snapshot(key);
    world.restore({
      ...there,
      updatedAt: there.versions[0]?.createdAt ?? there.updatedAt,
      versions: there.versions.slice(0, 1),
    });
  }
  if (newest === undefined) return;
  if (kind === 'removeRecord') world.store.lose(newest.name);
  if (kind.startsWith('alter')) {
    const { createdAt, metadata } = newest;
    const content = kind === 'alterInPlace' ? Buffer.alloc(newest.length, 'x') : 'shorter';
    world.store.put(newest.name, content, { createdAt, metadata, lastModified: world.now });
  }
}

test('a lost, replaced or altered key is found by the second audit, whatever blobs a thief of the backup identity adds', async () => {
  await fc.assert(
    fc.asyncProperty(
      crime,
      fc.array(plant, { maxLength: 8 }),
      fc.array(plant, { maxLength: 8 }),
      fc.integer({ min: 1, max: 20 }),
      async ({ kind, name: key }, before, after, hours) => {
        const world = startEscrow({}, names.slice(0, 3));
        for (const one of names.slice(0, 3)) world.rotate(one);
        const passDay = async (index: number) => {
          world.night(night(index));
          for (const blob of world.store.blobs.values()) {
            if (blob.createdAt >= night(index)) Object.assign(blob.metadata, { genuine: 'yes' });
          }
          world.now = night(index, 4);
          const audit = await world.audit();
          // Whatever was planted, the next audit can read this one.
          expect(decodeAudit(encodeAudit(audit))).toBeDefined();
          return audit;
        };
        await passDay(0);
        await passDay(1);
        world.now = night(1, 5);
        for (const one of before) putPlant(world, one);
        world.now = new Date(world.now.getTime() + hours * 30 * 60_000);
        commit(kind, key, world);
        for (const one of after) putPlant(world, one);
        const gaps = [];
        for (const index of [2, 3])
          gaps.push(...(await passDay(index)).findings.filter(({ severity }) => severity === 'gap'));
        expect(gaps.filter((gap) => gap.key === key).map(({ finding }) => finding)).not.toEqual([]);
      },
    ),
    { numRuns: 120 },
  );
}, 120_000);
