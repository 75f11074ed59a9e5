import { beforeEach, expect, test } from 'vitest';
import { readDrills } from '../../../src/escrow/audit/inputs/drill-history.ts';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import type { DrillReceipt } from '../../../src/escrow/records/drill-receipt.ts';
import { found } from '../../support/audit-findings.ts';
import { auditAt, night, passNight, startEscrow } from '../../support/audit-nights.ts';
import type { AuditWorld } from '../../support/audit-world.ts';
import { drillReceipt } from '../../support/drill-receipt.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import type { ListedAudit } from '../../support/listed-audit.ts';

let escrow: AuditWorld;
beforeEach(() => {
  escrow = startEscrow({}, ['signing']);
});

/** Leaves a receipt that says it ended in another year: nobody is to believe it. */
function drilled(at: Date, keys: Parameters<typeof drillReceipt>[0], status: DrillReceipt['status'] = 'ok'): string {
  const name = `drills/${at.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z.json`;
  escrow.drills.put(name, JSON.stringify(drillReceipt(keys, { status })), { createdAt: at });
  return name;
}

const proven = { source: 'vaults/contoso-prod', key: 'signing', outcome: 'proven' } as const;

const passDay = (index: number) => passNight(escrow, index);

const drilledAt = ({ keys }: ListedAudit): string | undefined => keys[0]?.drilledAt;

test('a drill is as old as its receipt in the container, whatever the receipt says', async () => {
  const receipt = drilled(night(0, 3), [proven]);
  const audit = await passDay(0);
  expect(audit.drill).toEqual({ receipt, finishedAt: '2026-11-01T05:00:00.000Z', keys: 1, durationMs: 9000 });
  expect(drilledAt(audit)).toBe('2026-11-01T05:00:00.000Z');
});

test('a drill of no keys proves nothing, nor does one with a finding', async () => {
  drilled(night(0, 2), []);
  drilled(night(0, 3), [{ ...proven, outcome: 'failed' }], 'findings');
  const audit = await passDay(0);
  expect([audit.drill, drilledAt(audit)]).toEqual([undefined, undefined]);
  drilled(night(1, 2), [proven, { ...proven, key: 'tax', outcome: 'failed' }]);
  drilled(night(1, 3), [proven], 'stopped');
  expect((await passDay(1)).drill).toBeUndefined();
});

test('of several drills the newest stands, in whatever order their receipts are listed', async () => {
  await passDay(0);
  const newest = drilled(night(1, 3), [proven]);
  // Its name says that it came later.
  const content = escrow.drills.blobs.get(newest)?.bytes ?? '';
  escrow.drills.put('drills/20270101T000000Z.json', content, { createdAt: night(1) });
  const audit = await passDay(1);
  expect([audit.drill?.receipt, drilledAt(audit)]).toEqual([newest, '2026-11-02T05:00:00.000Z']);
  expect((await passDay(2)).drill?.receipt).toBe(newest);
});

test('of more receipts than an audit reads the newest count', async () => {
  for (let index = 0; index < 200; index++) drilled(new Date(night(0, 2).getTime() + index * 1000), [], 'findings');
  const receipt = drilled(night(0, 3), [proven]);
  expect((await passDay(0)).drill?.receipt).toBe(receipt);
});

test('a receipt that came while an audit looked elsewhere counts in the next one', async () => {
  await passDay(0);
  drilled(night(0, 3.9), [proven]);
  expect((await passDay(1)).totals.proven).toBe(1);
});

test('of more keys than memory has room for those of the newest receipt count', async () => {
  drilled(night(0, 2), Array(200_001).fill({ ...proven, key: 'tax' }));
  drilled(night(0, 3), [proven]);
  expect((await passDay(0)).totals.proven).toBe(1);
  const { tried } = await readDrills(escrow.drills, undefined, noLimit);
  const many = Array.from({ length: 200_001 }, (_, index) => ({ ...proven, key: `key-${index}` }));
  drilled(night(0, 3.5), many);
  const { tried: more } = await readDrills(escrow.drills, undefined, noLimit);
  expect([tried.size, more.size]).toEqual([2, 200_000]);
});

test('a drill whose receipt is gone counts no longer', async () => {
  drilled(night(0, 2), []);
  const receipt = drilled(night(0, 3), [proven]);
  await passDay(0);
  escrow.drills.lose(receipt);
  const audit = await passDay(1);
  expect(audit.drill).toBeUndefined();
});

test('a drill is due while none is on record, and again once the last is older than the settings ask for', async () => {
  escrow.maxDrillAgeDays = 2;
  expect(found(await passDay(0))).toEqual(['drillOverdue']);
  drilled(night(1, 3), [proven]);
  expect([found(await passDay(1)), found(await passDay(2)), found(await passDay(3))]).toEqual([
    [],
    [],
    ['drillOverdue'],
  ]);
});

test('what a drill left is reported by every audit until a sweep has closed the drill, even within the same second', async () => {
  const at = night(0, 3);
  const left = (audit: ListedAudit) => audit.findings.filter(({ finding }) => finding === 'drillOpen').length;
  const keys = [proven, { ...proven, key: 'tax', outcome: 'failed' } as const];
  const receipt = drillReceipt(keys, { status: 'stopped', left: ['signing'] });
  escrow.drills.put('drills/20261101T050000Z.json', JSON.stringify(receipt), {
    createdAt: at,
    metadata: { left: '1' },
  });
  const first = await passDay(0);
  expect([left(first), first.totals.proven]).toEqual([1, 1]);
  escrow.keys.delete('signing');
  escrow.addKey('signing');
  for (const day of [1, 2]) {
    const audit = await passDay(day);
    // Read again every day, it proves nothing of the key that has the name now.
    expect([left(audit), audit.totals.proven]).toEqual([1, 0]);
    expect(found(audit).includes('drillNotProven (warning)')).toBe(day === 1);
  }
  const swept = JSON.stringify(drillReceipt([], { status: 'swept' }));
  escrow.drills.put('drills/20261101T050000Z.2.json', swept, { createdAt: at });
  expect(left(await passDay(3))).toBe(0);
});

test('a key is proven no longer once a later drill did not prove it, which is told, until another does', async () => {
  drilled(night(0, 3), [proven]);
  expect((await passDay(0)).totals.proven).toBe(1);
  const failing = { ...proven, outcome: 'failed' } as const;
  drilled(night(1, 3), [failing, { ...failing, key: 'audit' }], 'findings');
  drilled(night(1, 3.5), [{ ...failing, undecided: true }], 'findings');
  const failed = await passDay(1);
  expect([failed.totals.proven, drilledAt(failed), found(failed)]).toEqual([
    0,
    undefined,
    ['drillNotProven (warning)'],
  ]);
  expect(failed.findings[0]?.detail).toBe('2 keys: vaults/contoso-prod/audit, vaults/contoso-prod/signing');
  expect([(await passDay(2)).totals.proven, found(await passDay(3))]).toEqual([0, []]);
  drilled(night(4, 3), [proven]);
  expect((await passDay(4)).totals.proven).toBe(1);
});

test('a drill that came to nothing for a reason of its own takes no proof away, and is told', async () => {
  const undecided = { ...proven, outcome: 'failed', undecided: true } as const;
  drilled(night(0, 2), [proven]);
  drilled(night(0, 3), [undecided], 'findings');
  const audit = await passDay(0);
  expect([audit.totals.proven, found(audit)]).toEqual([1, ['drillNotProven (warning)']]);
  drilled(night(1, 3), [undecided], 'findings');
  expect([(await passDay(1)).totals.proven, (await passDay(2)).totals.proven]).toEqual([1, 1]);
  drilled(night(3, 2), [undecided], 'findings');
  drilled(night(3, 3), [proven]);
  expect(found(await passDay(3))).toEqual([]);
});

test('what drills proved of a key says nothing of another one that has its name now', async () => {
  drilled(night(0, 3), [proven]);
  await passDay(0);
  // The receipt of this one is new to two audits.
  drilled(night(1, 3), [proven]);
  escrow.keys.delete('signing');
  escrow.addKey('signing');
  const replaced = await passDay(1);
  expect([found(replaced), replaced.totals.proven, drilledAt(replaced)]).toEqual([
    ['keyReplaced signing'],
    0,
    undefined,
  ]);
  expect((await passDay(2)).totals.proven).toBe(0);
  drilled(night(3, 3), [proven]);
  expect((await passDay(3)).totals.proven).toBe(1);
});

test('what no key can be named is told of no receipt, however long: it must not make an audit that cannot be read', async () => {
  const long = 'x'.repeat(2 ** 20);
  const names = { source: 'vaults/contoso-prod', key: long, outcome: 'failed' } as const;
  const receipt = drillReceipt([names, { ...names, source: long, key: 'y' }, { ...proven, outcome: 'failed' }], {
    status: 'findings',
    left: [long, '\u001b[2J', 'signing'],
  });
  const metadata = { left: '3' };
  escrow.drills.put('drills/20261101T050000Z.json', JSON.stringify(receipt), { createdAt: night(0, 3), metadata });
  const backwards = drillReceipt([proven], { finishedAt: '1999-12-31T00:00:00.000Z' });
  escrow.drills.put('drills/20261101T040000Z.json', JSON.stringify(backwards), { createdAt: night(0, 2) });
  const audit = await passDay(0);
  expect(audit.drill).not.toHaveProperty('durationMs');
  expect(audit.findings.map(({ finding, detail }) => [finding, detail])).toEqual([
    ['drillOpen', 'drills/20261101T050000Z.json: signing'],
    ['drillNotProven', '1 key: vaults/contoso-prod/signing'],
  ]);
});

const begun = (at: Date) => `drills/${scheduledRunId(at)}.journal.json`;

test('drills that began and left no receipt are a gap, once they cannot be under way any more', async () => {
  await passDay(0);
  escrow.now = night(0, 5);
  escrow.drills.put(begun(escrow.now), '{}');
  expect(found(await auditAt(escrow, night(0, 5.5)))).toEqual([]);
  const underWay = begun(night(0, 6.5));
  escrow.drills.put(underWay, '{}', { createdAt: night(0, 6.5) });
  const audit = await auditAt(escrow, night(0, 7));
  expect(found(audit)).toEqual(['drillOpen']);
  expect(audit.findings[0]?.detail).toBe(`${begun(night(0, 5))}; began 2026-11-01 07:00 UTC`);
  escrow.drills.lose(underWay);
  escrow.drills.put(begun(night(0, 5)).replace('.journal', ''), '{}');
  expect(found(await auditAt(escrow, night(0, 8)))).toEqual(['receiptUnreadable (warning)']);
});
