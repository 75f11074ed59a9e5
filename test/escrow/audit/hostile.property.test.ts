import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import type { StoredBlob } from '../../../src/escrow/ports/escrow-store.ts';
import { decodeAudit, encodeAudit } from '../../../src/escrow/records/audit-encoding.ts';
import { parseRecordName } from '../../../src/escrow/records/blob-names.ts';
import { chooseRecord } from '../../../src/escrow/records/record-choice.ts';
import { keyIn } from '../../support/audit-findings.ts';
import { night, startEscrow } from '../../support/audit-nights.ts';
import { type AuditWorld, day, hour } from '../../support/audit-world.ts';
import { noLimit, publicSuffixes } from '../../support/escrow-sources.ts';
import type { ListedAudit } from '../../support/listed-audit.ts';

// A thief of the backup identity adds blobs at any time for days; people who may lose, replace and roll back keys, and an
// administrator of the escrow alters and removes records, in the same days. Nights and audits go on meanwhile.

const names = ['a', 'b', 'c'] as const;
/** So many that not every folder is listed whole every day. */
const others = ['d', 'e', 'f', 'g', 'h'];
type Name = (typeof names)[number];

const text = fc.oneof(fc.string(), fc.constantFrom('', '1970-01-01T00:00:00Z', '9999-12-31T00:00:00Z', '\u001b[2J'));

/** The time in the name of a planted record or report: of a night, past or to come, or any. */
const runTime = fc.oneof(
  fc.integer({ min: -2, max: 9 }).map((index) => night(index)),
  fc.integer({ min: -20, max: 20 }).map((index) => night(index, 5)),
  fc.constantFrom(new Date('0101-01-01T00:00:00Z'), new Date('9998-12-31T00:00:00Z')),
);

const plantedName = fc.oneof(
  fc
    .record({
      key: fc.constantFrom(...names, 'A', 'stranger', 'a/b'),
      suffix: fc.constantFrom('', '', '-0000000b', '.2', '.3', 'x'),
    })
    .map(
      ({ key, suffix }) =>
        (stamp: string) =>
          `vaults/contoso-prod/${key}/${stamp}${suffix}.keybackup`,
    ),
  fc
    .constantFrom('.json', '.2.json', '.started')
    .map((suffix) => (stamp: string) => `runs/${stamp}/vaults/contoso-prod${suffix}`),
  fc
    .constantFrom(
      'requests/x.json',
      'requests/2026-11-02/x.json',
      'named/a',
      'vaults/stranger/a/20261101T020000Z.keybackup',
      'audits/20261105T060000Z.json',
      'drills/20261105T060000Z.json',
      'notes/payroll.bin',
      'runs/canary2',
    )
    .map((name) => () => name),
);

/** A blob that a thief of the backup identity puts: any name, any content, any metadata; never over another. */
const anything = fc.record({
  kind: fc.constant('plant' as const),
  name: plantedName,
  runTime,
  keyid: fc.option(fc.constantFrom(...names), { nil: undefined }),
  backedUpHoursAgo: fc.option(fc.oneof(fc.constant(0), fc.integer({ min: -100, max: 1000 })), { nil: undefined }),
  sha256: fc.option(fc.oneof(fc.constant('ab'.repeat(32)), text), { nil: undefined }),
  content: text,
  type: fc.constantFrom('block' as const, 'block' as const, 'append' as const),
  tier: fc.constantFrom('Hot', 'Hot', 'Archive'),
  copies: fc.constantFrom(1, 1, 40),
});

/** One with which the thief has taken pains: it could be a record of the key. */
const plausible = fc
  .record({
    key: fc.constantFrom(...names),
    suffix: fc.constantFrom('', '-0000000b', '.2'),
    backedUpHoursAgo: fc.constantFrom(0, 0, -0.1, 0.9, 2, 400),
    runTime,
  })
  .map(({ key, suffix, ...rest }) => ({
    ...rest,
    kind: 'plant' as const,
    name: (stamp: string) => `vaults/contoso-prod/${key}/${stamp}${suffix}.keybackup`,
    keyid: key,
    sha256: 'ab'.repeat(32),
    content: 'planted',
    type: 'block' as const,
    tier: 'Hot',
    copies: 1,
  }));

const plant = fc.oneof(anything, plausible);

const crime = fc.record({
  kind: fc.constant('crime' as const),
  what: fc.constantFrom('delete', 'replace', 'rollBack', 'removeRecord', 'alterRecord', 'alterInPlace'),
  name: fc.constantFrom(...names),
});

type Plant = typeof plant extends fc.Arbitrary<infer One> ? One : never;
type Crime = typeof crime extends fc.Arbitrary<infer One> ? One : never;

function putPlant(world: AuditWorld, { name, keyid, backedUpHoursAgo, sha256, content, copies, ...more }: Plant): void {
  for (let copy = 0; copy < copies; copy++) {
    const blobName = name(scheduledRunId(new Date(more.runTime.getTime() + copy * 1000)));
    if (world.store.blobs.has(blobName)) continue;
    const metadata = {
      ...(keyid && { keyid: `https://contoso-prod.vault.azure.net/keys/${keyid}` }),
      ...(backedUpHoursAgo !== undefined && {
        backedupat: new Date(world.now.getTime() - backedUpHoursAgo * hour).toISOString(),
      }),
      ...(sha256 !== undefined && { sha256 }),
      runid: parseRecordName(blobName)?.runId ?? '',
    };
    world.store.put(blobName, content, { metadata, type: more.type, tier: more.tier });
  }
}

/** What the app itself wrote, by name, as it was. */
type Genuine = Map<string, StoredBlob & { readonly bytes: Uint8Array }>;

/** @returns the finding that must tell of it; undefined where nothing was there to commit it on. */
function commit({ what, name }: Crime, world: AuditWorld, last: ListedAudit, genuine: Genuine): string | undefined {
  if (what === 'delete') return world.keys.delete(name) ? 'keyGone' : undefined;
  if (what === 'replace') {
    world.keys.delete(name);
    world.addKey(name);
    return 'keyReplaced';
  }
  if (what === 'rollBack') {
    const there = world.snapshot(name);
    const [first] = there.versions;
    world.restore({ ...there, updatedAt: first?.createdAt ?? there.updatedAt, versions: there.versions.slice(0, 1) });
    return 'keyRolledBack';
  }
  const blobName = keyIn(last, name)?.record?.blobName ?? '';
  const record = genuine.get(blobName);
  if (record === undefined) return undefined;
  if (what === 'removeRecord') {
    world.store.lose(blobName);
    return 'recordMissing';
  }
  const content = what === 'alterInPlace' ? Buffer.alloc(record.length, 'x') : 'shorter';
  const { createdAt, metadata } = record;
  world.store.put(blobName, content, { createdAt, metadata, lastModified: new Date(world.now.getTime() + 5000) });
  return 'recordAltered';
}

test('a lost, replaced or altered key is found by the second audit, and a restore takes what the audit names, whatever a thief of the backup identity adds', async () => {
  const acts = fc.array(fc.record({ atHours: fc.integer({ min: 0, max: 95 }), act: fc.oneof(plant, plant, crime) }), {
    minLength: 1,
    maxLength: 16,
  });
  let found = 0;
  await fc.assert(
    fc.asyncProperty(acts, fc.integer({ min: 1, max: 59 }), async (unordered, minutes) => {
      const world = startEscrow({}, [...names, ...others]);
      for (const name of names) world.rotate(name);
      const genuine: Genuine = new Map();
      const audits: ListedAudit[] = [];
      const expected: { readonly key: Name; readonly finding: string; readonly since: number }[] = [];
      const queue = [...unordered].sort((a, b) => a.atHours - b.atHours);
      const happen = (until: Date): void => {
        for (; queue[0] !== undefined; queue.shift()) {
          const at = new Date(night(1, 5).getTime() + queue[0].atHours * hour + minutes * 60_000);
          if (at >= until) return;
          world.now = at;
          const { act } = queue[0];
          if (act.kind === 'plant') {
            putPlant(world, act);
            continue;
          }
          const last = audits.at(-1);
          // Of one key one crime, and another only when it has been found.
          if (last === undefined || expected.some(({ key }) => key === act.name)) continue;
          const finding = commit(act, world, last, genuine);
          if (finding !== undefined) expected.push({ key: act.name, finding, since: audits.length });
        }
      };
      for (let index = 0; index < 8; index++) {
        happen(night(index));
        const before = new Set(world.store.blobs.keys());
        world.night(night(index));
        for (const [name, blob] of world.store.blobs) if (!before.has(name)) genuine.set(name, blob);
        happen(night(index, 4));
        world.now = night(index, 4);
        const audit = await world.audit();
        audits.push(audit);
        // Whatever was planted, the next audit can read this one.
        expect(decodeAudit(encodeAudit(audit))).toBeDefined();
        for (const { key, record } of audit.keys) {
          if (record === undefined) continue;
          const taken = await restorable(world, key);
          // A restore knows no audits: only the audit can tell what was planted under the free name of a removed record.
          const isTold = audit.findings.some((one) => one.finding === 'recordAltered' && one.key === key);
          if (!isTold) expect([key, taken]).toEqual([key, record.blobName]);
        }
      }
      for (const { key, finding, since } of expected) {
        const gaps = audits
          .slice(since, since + 2)
          .flatMap(({ findings }) => findings.filter((one) => one.key === key && one.severity === 'gap'));
        // A removed record leaves its name free: what is planted there makes it an altered one.
        const isTold = gaps.some(
          (gap) => gap.finding === finding || (finding === 'recordMissing' && gap.finding === 'recordAltered'),
        );
        expect([key, finding, gaps.map((gap) => gap.finding), isTold]).toEqual([key, finding, expect.anything(), true]);
        found++;
      }
      expectTruthOfKeys(world, audits, genuine, expected);
    }),
    { numRuns: 60 },
  );
  expect(found).toBeGreaterThan(30);
}, 120_000);

/** The record that a restore of a key would take. */
async function restorable({ store, source }: AuditWorld, keyName: string): Promise<string> {
  return (await chooseRecord({ store, suffixes: publicSuffixes, deadline: noLimit }, { source, keyName })).record
    .blobName;
}

/** Two days after the last act: what is called covered is, by what the app itself wrote; and nobody is accused in vain. */
function expectTruthOfKeys(
  world: AuditWorld,
  audits: readonly ListedAudit[],
  genuine: Genuine,
  expected: readonly { readonly key: Name; readonly finding: string }[],
): void {
  const last = audits.at(-1);
  for (const name of world.keys.keys()) {
    const { status, record } = (last && keyIn(last, name)) ?? {};
    const written = genuine.get(record?.blobName ?? '');
    expect([name, status, written?.name]).toEqual([name, 'fresh', record?.blobName]);
    expect(written?.createdAt.getTime()).toBeGreaterThan(world.now.getTime() - day);
    expect(world.store.blobs.get(written?.name ?? '')).toBe(written);
  }
  const accused = audits
    .flatMap(({ findings }) => findings)
    .filter(({ finding }) => ['keyGone', 'keyReplaced', 'keyRolledBack', 'neverEscrowed'].includes(finding));
  for (const { finding, key } of accused) expect(expected).toContainEqual(expect.objectContaining({ key, finding }));
}
