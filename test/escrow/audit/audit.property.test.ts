import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import { parseRecordName } from '../../../src/escrow/records/blob-names.ts';
import { night, startEscrow } from '../../support/audit-nights.ts';
import { type AuditWorld, day, hour, type WorldKey } from '../../support/audit-world.ts';
import type { ListedAudit } from '../../support/listed-audit.ts';

const names = ['a', 'b', 'c', 'd', 'e'];
const name = fc.constantFrom(...names);

const honest = 'night night audit audit rotate request delete recover restoreRecord restoreOlder make copy';
/** What an honest escrow lives through, at any times. */
const act = fc.record({
  kind: fc.constantFrom(...honest.split(' ')),
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
  /** As they were when they were deleted. */
  readonly deleted: Map<string, WorldKey>;
  /** How many were deleted since the last audit. */
  deletions: number;
  audits: number;
  lastNightAt: Date | undefined;
  isCopied: boolean;
}

/** The newest night that was due an hour ago. */
function lastDue(now: Date): number {
  const due = Date.parse(`${now.toISOString().slice(0, 10)}T02:00:00Z`);
  return now.getTime() - due >= hour ? due : due - day;
}

function recordsOf(world: AuditWorld, key: string) {
  return [...world.store.blobs.values()].filter((blob) => parseRecordName(blob.name)?.keyName === key);
}

/** Why a finding is false; undefined when it is true. */
function whyFalse(
  { finding, severity, key = '' }: ListedAudit['findings'][number],
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
    case 'auditMissing':
      return truth.audits === 0 ? undefined : 'there was an audit before';
    case 'sourceShrank':
      return truth.deletions > 1 ? undefined : 'it did not';
    case 'sourceEmpty':
      return world.keys.size === 0 ? undefined : 'it has keys';
    case 'runMissing': {
      const isMissing = severity === 'warning' || (truth.lastNightAt?.getTime() ?? 0) < lastDue(world.now);
      return isMissing ? undefined : 'it was there';
    }
    default:
      return 'nothing of this kind ever happened';
  }
}

async function live(
  { kind, name: key, afterMs }: { kind: string; name: string; afterMs: number },
  world: AuditWorld,
  truth: Truth,
): Promise<ListedAudit | undefined> {
  world.now = new Date(world.now.getTime() + afterMs + 1000);
  const there = world.keys.get(key);
  const backedUp = (one: WorldKey) => truth.snapshots.set(one.name, [...(truth.snapshots.get(one.name) ?? []), one]);
  if (kind === 'night') {
    for (const one of world.keys.values()) backedUp(one);
    truth.lastNightAt = world.now;
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
  if (kind === 'delete' && there) {
    truth.deleted.set(key, there);
    truth.deletions++;
    world.keys.delete(key);
  }
  const deleted = truth.deleted.get(key);
  if (kind === 'recover' && !there && deleted) world.restore(deleted);
  const last = truth.snapshots.get(key)?.at(-1);
  if (kind === 'restoreRecord' && !there && last) {
    const restored = new Set(last.versions.map(({ version }) => version));
    if (deleted?.versions.some(({ version }) => !restored.has(version))) truth.lost.add(key);
    world.restore(last);
  }
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
        deleted: new Map(),
        deletions: 0,
        audits: 0,
        lastNightAt: undefined,
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
        truth.deletions = 0;
        truth.audits++;
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
