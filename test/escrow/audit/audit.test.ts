import { describe, expect, test } from 'vitest';
import { decodeMarks } from '../../../src/escrow/coverage/calendar.ts';
import { answerLine } from '../../../src/escrow/page/answer.ts';
import { found, keyIn, messageOf } from '../../support/audit-findings.ts';
import { auditAt, escrowAfterNight, night, passNight, startEscrow } from '../../support/audit-nights.ts';
import { createAuditWorld } from '../../support/audit-world.ts';
import { escrowSource } from '../../support/escrow-sources.ts';
import type { ListedAudit } from '../../support/listed-audit.ts';

const statusOf = (audit: ListedAudit, name: string): string | undefined => keyIn(audit, name)?.status;
describe('a key without a record', () => {
  test('is pending until a run has begun after it was first seen, and a gap from then on', async () => {
    const escrow = await escrowAfterNight();
    escrow.now = night(0, 3);
    escrow.addKey('Newcomer');
    const first = await passNight(escrow, 0, 'missed');
    expect([statusOf(first, 'Newcomer'), found(first)]).toEqual(['pending', []]);
    const second = await passNight(escrow, 1, { fail: ['Newcomer'] });
    expect(statusOf(second, 'Newcomer')).toBe('never');
    expect(found(second)).toEqual(['runIncomplete', 'neverEscrowed Newcomer']);
    expect(messageOf(second, 1)).toContain('its last run said: Newcomer failed');
    expect(statusOf(await passNight(escrow, 2, 'missed'), 'Newcomer')).toBe('never');
    const mended = await passNight(escrow, 3);
    expect([statusOf(mended, 'Newcomer'), found(mended)]).toEqual(['fresh', []]);
  });

  test('stays never escrowed when the reports of the runs that passed it by are gone', async () => {
    const escrow = await escrowAfterNight();
    escrow.addKey('newcomer');
    await passNight(escrow, 0, 'missed');
    expect(statusOf(await passNight(escrow, 1, { fail: ['newcomer'] }), 'newcomer')).toBe('never');
    for (const { name } of [...escrow.store.under('runs/')]) escrow.store.lose(name);
    expect(statusOf(await auditAt(escrow, night(1, 5)), 'newcomer')).toBe('never');
  });

  test('is pending again when the settings begin to select it', async () => {
    const escrow = startEscrow({ except: ['orders'] });
    const orders = escrow.snapshot('orders');
    expect(statusOf(await passNight(escrow, 0, 'missed'), 'orders')).toBe('excluded');
    escrow.keys.delete('orders');
    escrow.night(night(1));
    escrow.restore(orders);
    Object.assign(escrow.source, { except: [] });
    const audit = await auditAt(escrow, night(1, 4));
    expect([statusOf(audit, 'orders'), found(audit)]).toEqual(['pending', []]);
  });

  test('is pending at the first audit of all, however old it is, while no run has begun', async () => {
    const audit = await auditAt(startEscrow(), night(9, 6));
    expect([statusOf(audit, 'orders'), found(audit)]).toEqual(['pending', ['runMissing']]);
  });

  test('has never been escrowed when runs have passed it by before the first audit', async () => {
    const escrow = startEscrow();
    escrow.night(night(0), { fail: ['orders'] });
    const audit = await passNight(escrow, 0, 'missed');
    expect(found(audit)).toEqual(['runIncomplete', 'neverEscrowed orders']);
  });
});

describe('keys that are gone', () => {
  test('are reported one by one until they are retired, and as a shrunken source when more than a tenth goes at once', async () => {
    const escrow = await escrowAfterNight();
    const signing = escrow.snapshot('signing');
    escrow.keys.delete('signing');
    escrow.keys.delete('payroll');
    const first = await passNight(escrow, 1);
    expect(found(first)).toEqual(['sourceShrank', 'keyGone payroll', 'keyGone signing']);
    expect(messageOf(first, 1)).toContain('newest record vaults/contoso-prod/payroll/20261101T020000Z.keybackup');
    expect(messageOf(first, 1)).toMatch(/recover it while it is soft-deleted.*add it to "retired"/);
    expect(found(await passNight(escrow, 2))).toEqual(['keyGone payroll', 'keyGone signing']);
    escrow.restore(signing);
    expect(found(await passNight(escrow, 3))).toEqual(['keyGone payroll']);
    Object.assign(escrow.source, { retired: ['payroll'] });
    const retired = await passNight(escrow, 4);
    expect([found(retired), retired.totals]).toEqual([[], expect.objectContaining({ keys: 2 })]);
    expect(keyIn(retired, 'payroll')).toMatchObject({ status: 'retired', record: expect.anything() });
  });

  test('are a shrunken source when they are more than a tenth of those that were there', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `key-${index}`);
    const escrow = await escrowAfterNight({}, names);
    const loseTwo = (): void => {
      for (const name of names.splice(0, 2)) escrow.keys.delete(name);
    };
    loseTwo();
    expect(found(await passNight(escrow, 1))).not.toContain('sourceShrank');
    loseTwo();
    const audit = await passNight(escrow, 2);
    expect(audit.findings.find(({ finding }) => finding === 'sourceShrank')?.detail).toBe('2 of 18 keys');
  });

  test('stay gone while nobody can look', async () => {
    const escrow = await escrowAfterNight();
    escrow.keys.delete('signing');
    await passNight(escrow, 1);
    escrow.isClosed = true;
    const blind = await passNight(escrow, 2, 'missed');
    expect([statusOf(blind, 'signing'), statusOf(blind, 'payroll')]).toEqual(['gone', 'stale']);
    expect(answerLine(blind)).toBe(
      '3 of 3 known keys have an intact backup · 0 proven by a restore · 1 source could not be read',
    );
    escrow.isClosed = false;
    expect(found(await passNight(escrow, 3))).toEqual(['keyGone signing']);
  });

  test('are noticed even when they came and went between two audits', async () => {
    const escrow = await escrowAfterNight();
    escrow.addKey('short-lived');
    escrow.night(night(1));
    escrow.keys.delete('short-lived');
    expect(found(await passNight(escrow, 1, 'missed'))).toEqual(['recordsOfUnknownKeys (warning)']);
  });

  test('are nobody to miss when they were excluded', async () => {
    const escrow = await escrowAfterNight();
    escrow.addKey('tmp-build');
    await passNight(escrow, 0, 'missed');
    escrow.keys.delete('tmp-build');
    expect(found(await passNight(escrow, 1))).toEqual([]);
  });

  test('are reported by name when the settings name them', async () => {
    const escrow = startEscrow({ keys: ['*', 'root', 'other'] });
    expect(found(await passNight(escrow, 0))).toEqual(['configuredKeyNotFound other', 'configuredKeyNotFound root']);
  });

  test('are reported when a certificate has taken the place of a key, or is gone with its own', async () => {
    const escrow = startEscrow();
    escrow.addKey('www', { certificateBacked: true });
    escrow.night(night(0), { fail: ['www'] });
    await auditAt(escrow, night(0, 4));
    escrow.addKey('signing', { certificateBacked: true });
    escrow.keys.delete('www');
    const audit = await passNight(escrow, 1, { fail: ['signing'] });
    const losses = audit.findings.filter(({ finding }) => ['keyGone', 'keyReplaced'].includes(finding));
    expect(losses.map(({ finding, key, severity }) => `${finding} ${key} ${severity}`)).toEqual([
      'keyReplaced signing gap',
      'keyGone www warning',
    ]);
    expect(losses[0]?.detail).toContain('vaults/contoso-prod/signing/20261101T020000Z.keybackup');
  });

  test.each(['retired', 'except'])(
    'are not reported as changed once they are in "%s", rotated as they may be',
    async (list) => {
      const escrow = startEscrow();
      await passNight(escrow, 0);
      Object.assign(escrow.source, { [list]: ['signing'] });
      escrow.rotate('signing');
      for (const index of [1, 2, 3]) {
        const { findings } = await passNight(escrow, index, { fail: ['signing'] });
        expect(findings.filter(({ key }) => key === 'signing')).toEqual([]);
      }
    },
  );

  test('are reported for as long as a certificate has the place of a key, and no longer', async () => {
    const escrow = await escrowAfterNight();
    const key = escrow.snapshot('signing');
    escrow.addKey('signing', { certificateBacked: true });
    const told = async (index: number) => {
      const { findings } = await passNight(escrow, index, { fail: ['signing'] });
      return findings.filter((one) => one.key === 'signing').map(({ finding, severity }) => `${finding} ${severity}`);
    };
    expect([await told(1), await told(2), await told(9)]).toEqual([
      ['keyReplaced gap'],
      ['keyReplaced gap'],
      ['keyReplaced warning'],
    ]);
    escrow.restore(key);
    expect(found(await passNight(escrow, 10))).toEqual([]);
  });

  test('are looked at first when they take their place back from a certificate', async () => {
    const escrow = startEscrow();
    for (let number = 0; number < 60; number++) escrow.addKey(`other-${number}`);
    await passNight(escrow, 0);
    const key = escrow.snapshot('signing');
    escrow.addKey('signing', { certificateBacked: true });
    expect(found(await passNight(escrow, 1))).toContain('keyReplaced signing');
    escrow.restore(key);
    expect(found(await passNight(escrow, 2))).not.toContain('keyReplaced signing');
  });

  test('leave an empty source, which is a gap of its own', async () => {
    const escrow = createAuditWorld(escrowSource('vault', 'contoso-prod', { except: ['tmp-*'] }), night(-1));
    expect(found(await passNight(escrow, 0))).toEqual(['sourceEmpty']);
  });
});

describe('a record that was there before its run', () => {
  test('is reported, and is no record: the key has none', async () => {
    const escrow = await escrowAfterNight();
    for (const name of escrow.store.blobs.keys()) if (name.includes('/orders/')) escrow.store.lose(name);
    const { id } = escrow.snapshot('orders');
    const metadata = { keyid: id, sha256: 'ab', backedupat: escrow.now.toISOString() };
    escrow.store.put('vaults/contoso-prod/orders/20261103T020000Z.keybackup', 'forged', { metadata });
    const audit = await passNight(escrow, 1, { fail: ['orders'] });
    expect(found(audit)).toEqual(['runIncomplete', 'recordMissing orders', 'recordTooEarly orders']);
    expect(audit.totals).toMatchObject({ keys: 3, intact: 2 });
  });
});

describe('a source that is no longer configured', () => {
  test('is reported once, with how many of its keys have a record', async () => {
    const escrow = await escrowAfterNight();
    escrow.isConfigured = false;
    const audit = await passNight(escrow, 1, 'missed');
    expect([found(audit), audit.status]).toEqual([['sourceLeftOut (warning)'], 'ok']);
    expect(messageOf(audit, 0)).toContain('Vault "contoso-prod": it is no longer configured (it listed 3 keys).');
    expect(found(await passNight(escrow, 2, 'missed'))).toEqual([]);
  });
});

describe('the calendar', () => {
  const days = (audit: ListedAudit, name: string): string => decodeMarks(keyIn(audit, name)?.days ?? '').join('');

  test('carries every day over, and reports what each came to', async () => {
    const escrow = await escrowAfterNight();
    await passNight(escrow, 1, { fail: ['payroll'] });
    await passNight(escrow, 2, 'missed');
    escrow.addKey('late');
    await passNight(escrow, 3);
    escrow.keys.delete('orders');
    const audit = await passNight(escrow, 4);
    expect(days(audit, 'signing')).toMatch(/-eesee$/);
    expect(days(audit, 'payroll')).toMatch(/-efsee$/);
    expect(days(audit, 'orders')).toMatch(/-eeseg$/);
    expect(days(audit, 'late')).toMatch(/-ee$/);
    expect(days(audit, 'signing')).toHaveLength(90);
    expect(audit.calendar).toEqual({ from: '2026-08-08', days: 90 });
  });

  test('of a first audit is read from the reports of the last 90 days', async () => {
    const escrow = startEscrow();
    for (let index = 0; index < 100; index++) if (index !== 50) escrow.night(night(index));
    const audit = await passNight(escrow, 100);
    expect(days(audit, 'signing')).toBe(`${'e'.repeat(39)}s${'e'.repeat(50)}`);
  });

  test('goes on where audits themselves were missing', async () => {
    const escrow = await escrowAfterNight();
    for (const index of [1, 2, 4]) escrow.night(night(index));
    expect(days(await passNight(escrow, 5), 'signing')).toMatch(/-eeesee$/);
  });
});
