import { describe, expect, test } from 'vitest';
import { recordPrefix } from '../../../src/escrow/records/blob-names.ts';
import { auditAt, found, keyIn, night, passNight, startEscrow } from '../../support/audit-nights.ts';

const statusesOf = (audit: Awaited<ReturnType<typeof auditAt>>) => audit.sources[0]?.keys.map(({ status }) => status);

describe('a retired key', () => {
  test('keeps its record, and a record that is lost is told', async () => {
    const escrow = startEscrow();
    const before = await passNight(escrow, 0);
    Object.assign(escrow.source, { retired: ['signing'] });
    const retired = await auditAt(escrow, night(0, 5));
    expect(found(retired)).toEqual([]);
    expect(keyIn(retired, 'signing')).toMatchObject({ status: 'retired', record: keyIn(before, 'signing')?.record });
    for (const name of [...escrow.blobs.keys()]) {
      if (name.startsWith(recordPrefix(escrow.source, 'signing'))) escrow.lose(name);
    }
    expect(found(await auditAt(escrow, night(0, 6)))).toEqual(['recordMissing signing']);
  });

  test('that never had a record costs no request', async () => {
    const costOf = async (retired: number): Promise<number> => {
      const escrow = startEscrow({ retired: ['old-*'] });
      escrow.night(night(0));
      for (let index = 0; index < retired; index++) escrow.addKey(`old-${index}`);
      await auditAt(escrow, night(0, 4));
      await auditAt(escrow, night(0, 5));
      return escrow.requests;
    };
    expect(await costOf(20)).toBe(await costOf(0));
  });
});

test('a key is owed from the audit on that finds it selected, whatever ran while it was left out', async () => {
  const escrow = startEscrow({ except: ['orders'] }, ['payroll', 'signing']);
  await passNight(escrow, 0);
  escrow.addKey('orders');
  expect(keyIn(await auditAt(escrow, night(0, 5)), 'orders')?.status).toBe('excluded');
  escrow.keys.delete('orders');
  escrow.night(night(1));
  escrow.addKey('orders');
  Object.assign(escrow.source, { except: [] });
  const selected = await auditAt(escrow, night(1, 4));
  expect([found(selected), keyIn(selected, 'orders')]).toMatchObject([
    [],
    { status: 'pending', firstSeenAt: selected.startedAt },
  ]);
  const passed = await passNight(escrow, 2, { fail: ['orders'] });
  expect(found(passed)).toEqual(['runIncomplete', 'neverEscrowed orders']);
});

test('a key that was lost before the first audit, and longer ago than a record may be old, is nobody to miss', async () => {
  const escrow = startEscrow({}, ['orders', 'payroll', 'short-lived']);
  escrow.night(night(0));
  escrow.keys.delete('short-lived');
  for (const index of [1, 2, 3]) escrow.night(night(index));
  const first = await auditAt(escrow, night(3, 4));
  expect(found(first)).toEqual([]);
  expect(first.sources[0]?.keys.map(({ key }) => key)).toEqual(['orders', 'payroll']);
});

test('a record is fresh up to the maximal age to the second, and stale beyond it', async () => {
  const atAge = async (hours: number, seconds: number) => {
    const escrow = startEscrow();
    const escrowed = await passNight(escrow, 0);
    const createdAt = Date.parse(keyIn(escrowed, 'signing')?.record?.createdAt ?? '');
    return auditAt(escrow, new Date(createdAt + hours * 3_600_000 + seconds * 1000));
  };
  expect(statusesOf(await atAge(26, 0))).toEqual(['fresh', 'fresh', 'fresh']);
  const late = await atAge(26, 1);
  expect(statusesOf(late)).toEqual(['stale', 'stale', 'stale']);
  expect(found(late)).toEqual(['runMissing', 'stale orders', 'stale payroll', 'stale signing']);
});

test('a key that a run passed by stays a gap, however long no run has begun', async () => {
  const escrow = startEscrow();
  await passNight(escrow, 0);
  escrow.addKey('newcomer');
  await auditAt(escrow, night(0, 5));
  expect(found(await passNight(escrow, 1, { fail: ['newcomer'] }))).toContain('neverEscrowed newcomer');
  for (const index of [2, 3, 4, 5, 6]) {
    expect(found(await auditAt(escrow, night(index, 4)))).toContain('neverEscrowed newcomer');
  }
});
