import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import { found, keyIn } from '../../support/audit-findings.ts';
import { auditAt, escrowAfterNight, night, passNight, startEscrow } from '../../support/audit-nights.ts';
import type { AuditWorld } from '../../support/audit-world.ts';
import { folder, metadataOf, newest } from '../../support/payroll-records.ts';

describe('what somebody can pile up', () => {
  /** One more than an audit looks at. */
  const pile = Array.from({ length: 100_001 }, (_, index) => String(index).padStart(8, '0'));

  function numbered(before: string, after: string): string[] {
    return pile.map((number) => `${before}${number}${after}`);
  }

  test('requests that were refused are counted, never read, and stop nothing', async () => {
    const escrow = await escrowAfterNight();
    escrow.store.putAll(numbered('requests/2026-11-01/', '.json'), '{}');
    const audit = await passNight(escrow, 1);
    expect(found(audit)).toEqual(['requestsNotCarriedOut (warning)', 'tooManyBlobs (warning)']);
    expect(audit.totals).toMatchObject({ keys: 3, intact: 3 });
    expect(escrow.requests()).toBeLessThan(100);
  });

  test('reports and markers of valid runs stop nothing either', async () => {
    const escrow = await escrowAfterNight();
    const names = pile.map((number, index) => {
      const runId = scheduledRunId(new Date(night(0, 5).getTime() + index * 500));
      return `runs/${runId}-${number}/vaults/contoso-prod.json`;
    });
    escrow.now = night(0, 20);
    const begun = pile.slice(0, 500).map((number) => `runs/${scheduledRunId(night(0, 5))}-a${number.slice(1)}`);
    for (const run of begun) escrow.store.put(`${run}/vaults/contoso-prod.started`, '{}', { createdAt: night(0, 5) });
    escrow.store.putAll(names, '{}');
    const audit = await passNight(escrow, 1);
    expect(audit.totals).toMatchObject({ keys: 3, intact: 3 });
    expect(found(audit)).toEqual(expect.arrayContaining(['tooManyBlobs (warning)', 'reportUnreadable (warning)']));
    expect(found(audit).filter((one) => one === 'runIncomplete (warning)')).toHaveLength(10);
    expect(audit.sources[0]?.runs).toHaveLength(400);
    expect(escrow.requests()).toBeLessThan(300);
  });

  /** More blobs in the folder of a key than an audit looks at, named by one run. */
  function fill(escrow: AuditWorld, runTime: Date): void {
    const metadata = metadataOf(escrow, 'payroll', escrow.now);
    escrow.store.putAll(numbered(`${folder}${scheduledRunId(runTime)}-`, '.keybackup'), 'planted', { metadata });
  }

  test('records of one key keep that key from being looked at, which is a gap, and no other, until a day is over', async () => {
    const escrow = await escrowAfterNight();
    escrow.now = night(0, 20);
    fill(escrow, escrow.now);
    const audit = await passNight(escrow, 1);
    expect(found(audit)).toEqual(['notLookedAt']);
    expect(audit.findings[0]?.detail).toContain('1 key: payroll');
    expect(audit.keys.map(({ status }) => status)).toEqual(['fresh', 'notLookedAt', 'fresh']);
    // What was known stays known.
    expect(keyIn(audit, 'payroll')?.record?.blobName).toBe(`${folder}${scheduledRunId(night(0))}.keybackup`);
    const later = await passNight(escrow, 2);
    expect(found(later)).toEqual(['tooManyBlobs payroll (warning)']);
    expect(keyIn(later, 'payroll')?.record?.blobName).toBe(newest(escrow).name);
  });

  test.each([
    ['that are long over', -300],
    ['that are still to come', 300],
  ])('records named by runs %s neither hide the newest one nor that it was altered', async (_, days) => {
    const escrow = await escrowAfterNight();
    escrow.now = night(0, 20);
    fill(escrow, night(days));
    const audit = await passNight(escrow, 1);
    expect(found(audit)).toContain('tooManyBlobs payroll (warning)');
    expect(found(audit)).not.toContain('recordMissing payroll');
    expect(keyIn(audit, 'payroll')).toMatchObject({
      status: 'fresh',
      record: { createdAt: night(1).toISOString().replace(':00.000', ':01.000') },
    });
    const { blobName = '' } = keyIn(audit, 'payroll')?.record ?? {};
    const { bytes, ...blob } = escrow.store.blobs.get(blobName) ?? newest(escrow);
    escrow.store.put(blobName, Buffer.alloc(bytes.length, 'x'), {
      ...blob,
      etag: 'other',
      lastModified: night(1, 5),
    });
    escrow.keys.delete('payroll');
    escrow.addKey('payroll');
    const next = await passNight(escrow, 2);
    expect(found(next)).toEqual(expect.arrayContaining(['recordAltered payroll', 'keyReplaced payroll']));
    const replaced = next.findings.find(({ finding }) => finding === 'keyReplaced');
    expect(replaced?.detail).toMatch(/payroll\/2026110[12]T020000Z\.keybackup$/);
  });

  test('large reports are read as far as two gigabytes go, and none of a source that nobody configured', async () => {
    const escrow = await escrowAfterNight();
    escrow.now = night(0, 5);
    for (let index = 0; index < 120; index++) {
      const source = index % 2 === 0 ? 'contoso-prod' : `ghost-${index}`;
      const runId = `${scheduledRunId(escrow.now)}-${String(index).padStart(8, '0')}`;
      escrow.store.put(`runs/${runId}/vaults/${source}.json`, '{}', { length: 60 * 1024 ** 2 });
    }
    const read: string[] = [];
    const { read: reading } = escrow.store;
    escrow.store.read = (name, ...asked) => {
      if (escrow.store.blobs.get(name)?.length === 60 * 1024 ** 2) read.push(name);
      return reading(name, ...asked);
    };
    const audit = await passNight(escrow, 1);
    escrow.store.read = reading;
    expect([audit.totals.intact, read.length]).toEqual([3, 34]);
    expect(read.filter((name) => name.includes('ghost'))).toEqual([]);
    expect(found(audit)).toContain('tooManyBlobs (warning)');
  });

  test('folders of keys that nobody saw are one warning', async () => {
    const escrow = await escrowAfterNight();
    for (let index = 0; index < 2000; index++)
      escrow.store.put(`vaults/contoso-prod/ghost-${index}/${scheduledRunId(night(0, 5))}.keybackup`, 'planted');
    escrow.store.put(`vaults/nobody/a/${scheduledRunId(night(0, 5))}.keybackup`, 'planted');
    const audit = await passNight(escrow, 1);
    expect(found(audit)).toEqual(['recordsOfUnknownKeys (warning)', 'recordsOfUnknownKeys (warning)']);
    expect(audit.findings[0]?.detail).toMatch(/^2,000 keys: .*, and 1,990 more$/);
    expect(audit.findings[1]?.detail).toBe('vaults/nobody');
  });

  test('a report with counts and times that cannot be, of any length, makes no audit that cannot be saved', async () => {
    const escrow = startEscrow();
    escrow.night(night(0));
    const [name, report] = [...escrow.store.blobs].find(([one]) => one.endsWith('contoso-prod.json')) ?? [];
    const honest = JSON.parse(Buffer.from(report?.bytes ?? '').toString());
    const putNext = (number: number, more: object) =>
      escrow.store.put(`${name?.replace('.json', '')}.${number}.json`, JSON.stringify({ ...honest, ...more }));
    putNext(2, { throttled: Number.MAX_SAFE_INTEGER });
    const counts = { ...honest.counts, escrowed: Number.MAX_SAFE_INTEGER, alreadyEscrowed: 1 };
    putNext(3, { throttled: 1, counts, finishedAt: `1999-12-31T00:00:00.${'9'.repeat(2 ** 20)}Z` });
    const audit = await auditAt(escrow, night(0, 4));
    expect(audit.totals).toMatchObject({ intact: 3 });
    expect(audit.sources[0]?.runs).toMatchObject([
      { finishedAt: '1999-12-31T00:00:00.999Z', durationMs: 0, escrowed: 0, throttled: 0, attempts: 3 },
    ]);
    expect(found(await passNight(escrow, 1))).toEqual([]);
  });

  test('and an audit whose time has run out reports what it has not looked at', async () => {
    const escrow = await escrowAfterNight();
    escrow.night(night(1));
    escrow.now = night(1, 4);
    const over = new AbortController();
    const { list } = escrow.store;
    // Time runs out while the first key's folder is listed.
    escrow.store.list = ((prefix: string, ...rest: [AbortSignal]) => {
      if (prefix.startsWith('vaults/')) over.abort();
      return list(prefix, ...rest);
    }) as typeof list;
    const audit = await escrow.look(over.signal);
    escrow.store.list = list;
    expect(audit.keys.map(({ status }) => status)).toEqual(['notLookedAt', 'notLookedAt', 'notLookedAt']);
    expect(audit.findings.find(({ finding }) => finding === 'notLookedAt')?.detail).toMatch(/time .* ran out$/);
    expect(audit.status).toBe('gaps');
  });
});
