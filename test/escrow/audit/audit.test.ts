import { describe, expect, test } from 'vitest';
import { decodeMarks } from '../../../src/escrow/coverage/calendar.ts';
import { findingMessage } from '../../../src/escrow/model/finding.ts';
import { answerLine } from '../../../src/escrow/page/answer.ts';
import { found, keyIn } from '../../support/audit-findings.ts';
import { auditAt, night, passNight as passNightOf, startEscrow } from '../../support/audit-nights.ts';
import { type AuditWorld, createAuditWorld, hour } from '../../support/audit-world.ts';
import { escrowSource } from '../../support/escrow-sources.ts';
import type { ListedAudit } from '../../support/listed-audit.ts';

const world = (settings: Parameters<typeof startEscrow>[0] = { except: ['tmp-*'] }) => startEscrow(settings);

/** The night's run, if any, and the audit four hours after it was due. */
function passNight(escrow: AuditWorld, index: number, options?: Parameters<AuditWorld['night']>[1] | 'missed') {
  return options === 'missed' ? auditAt(escrow, night(index, 4)) : passNightOf(escrow, index, options);
}

const statusOf = (audit: ListedAudit, name: string): string | undefined => keyIn(audit, name)?.status;
const messageOf = (audit: ListedAudit, index: number): string | undefined =>
  audit.findings[index] && findingMessage(audit.findings[index]);

describe('a key without a record', () => {
  test('is pending until a run has begun after it was first seen, and a gap from then on', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    escrow.now = new Date(night(0).getTime() + 3 * hour);
    escrow.addKey('newcomer');
    const first = await passNight(escrow, 0, 'missed');
    expect([statusOf(first, 'newcomer'), found(first)]).toEqual(['pending', []]);
    const second = await passNight(escrow, 1, { fail: ['newcomer'] });
    expect(statusOf(second, 'newcomer')).toBe('never');
    expect(found(second)).toEqual(['runIncomplete', 'neverEscrowed newcomer']);
    expect(messageOf(second, 1)).toContain('its last run said: newcomer failed');
    expect(statusOf(await passNight(escrow, 2, 'missed'), 'newcomer')).toBe('never');
    const mended = await passNight(escrow, 3);
    expect([statusOf(mended, 'newcomer'), found(mended)]).toEqual(['fresh', []]);
  });

  test('is pending again when the settings begin to select it', async () => {
    const escrow = world({ except: ['orders'] });
    escrow.keys.delete('orders');
    await passNight(escrow, 0);
    escrow.addKey('orders');
    expect(statusOf(await passNight(escrow, 0, 'missed'), 'orders')).toBe('excluded');
    Object.assign(escrow.source, { except: [] });
    const audit = await passNight(escrow, 0, 'missed');
    expect([statusOf(audit, 'orders'), found(audit)]).toEqual(['pending', []]);
  });

  test('has never been escrowed when runs have passed it by before the first audit', async () => {
    const escrow = world();
    escrow.night(night(0), { fail: ['orders'] });
    const audit = await passNight(escrow, 0, 'missed');
    expect(found(audit)).toEqual(['runIncomplete', 'neverEscrowed orders']);
  });
});

describe('keys that are gone', () => {
  test('are reported one by one, and as a shrunken source when more than a tenth goes at once', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    const signing = escrow.snapshot('signing');
    escrow.keys.delete('signing');
    escrow.keys.delete('payroll');
    expect(found(await passNight(escrow, 1))).toEqual(['sourceShrank', 'keyGone payroll', 'keyGone signing']);
    expect(found(await passNight(escrow, 2))).toEqual(['keyGone payroll', 'keyGone signing']);
    escrow.restore(signing);
    expect(found(await passNight(escrow, 3))).toEqual(['keyGone payroll']);
  });

  test('stay gone while nobody can look', async () => {
    const escrow = world();
    await passNight(escrow, 0);
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
    const escrow = world();
    await passNight(escrow, 0);
    escrow.addKey('short-lived');
    escrow.night(night(1));
    escrow.keys.delete('short-lived');
    expect(found(await passNight(escrow, 1, 'missed'))).toEqual(['recordsOfUnknownKeys (warning)']);
  });

  test('are nobody to miss when they were excluded', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    escrow.addKey('tmp-build');
    await passNight(escrow, 0, 'missed');
    escrow.keys.delete('tmp-build');
    expect(found(await passNight(escrow, 1))).toEqual([]);
  });

  test('are reported by name when the settings name them', async () => {
    const escrow = world({ keys: ['*', 'root'] });
    expect(found(await passNight(escrow, 0))).toEqual(['configuredKeyNotFound root']);
  });

  test('are reported when a certificate has taken the place of a key, or is gone with its own', async () => {
    const escrow = world();
    escrow.addKey('www', { certificateBacked: true });
    escrow.night(night(0), { fail: ['www'] });
    escrow.now = new Date(night(0).getTime() + 4 * hour);
    await escrow.audit();
    escrow.addKey('signing', { certificateBacked: true });
    escrow.keys.delete('www');
    const audit = await passNight(escrow, 1, { fail: ['signing'] });
    expect(
      audit.findings.filter(({ finding }) => finding === 'keyGone').map(({ key, severity }) => [key, severity]),
    ).toEqual([
      ['signing', 'gap'],
      ['www', 'warning'],
    ]);
    expect(audit.findings.find(({ key }) => key === 'signing')?.reason).toContain('a certificate of the same name');
  });

  test('leave an empty source, which is a gap of its own', async () => {
    const escrow = createAuditWorld(escrowSource('vault', 'contoso-prod', { except: ['tmp-*'] }), night(-1));
    expect(found(await passNight(escrow, 0))).toEqual(['sourceEmpty']);
  });
});

describe('a record that was there before its run', () => {
  test('is reported, and is no record: the key has none', async () => {
    const escrow = world();
    await passNight(escrow, 0);
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
    const escrow = world();
    await passNight(escrow, 0);
    escrow.isConfigured = false;
    const audit = await passNight(escrow, 1, 'missed');
    expect([found(audit), audit.status]).toEqual([['sourceLeftOut (warning)'], 'ok']);
    expect(messageOf(audit, 0)).toContain('Vault "contoso-prod": it is no longer configured (it listed 3 keys).');
    expect(found(await passNight(escrow, 2, 'missed'))).toEqual([]);
  });
});

describe('runs', () => {
  test('that began and left no report are incomplete, once they cannot be under way any more', async () => {
    const escrow = world();
    escrow.night(night(0), { noReport: true });
    escrow.now = new Date(night(0).getTime() + 3 * hour);
    expect(found(await escrow.audit())).toEqual([]);
    escrow.now = new Date(night(0).getTime() + 5 * hour);
    const audit = await escrow.audit();
    expect(found(audit)).toEqual(['runIncomplete']);
    expect(messageOf(audit, 0)).toContain('has left no report');
    expect(audit.totals).toMatchObject({ keys: 3, intact: 3 });
  });

  test('are missed an hour after they were due, not before: they may wait in the queue', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    const foundAt = async (minutes: number) => {
      escrow.now = new Date(night(1).getTime() + minutes * 60_000);
      return found(await escrow.audit());
    };
    expect([await foundAt(59), await foundAt(61)]).toEqual([[], ['runMissing']]);
  });

  test('of a weekly schedule are not missed by the daily audit', async () => {
    const escrow = world();
    escrow.schedule = '0 0 2 * * SUN';
    for (let index = 0; index < 7; index++) {
      const audit = await passNight(escrow, index, index === 0 ? {} : 'missed');
      expect(found(audit).filter((one) => one.startsWith('run'))).toEqual([]);
    }
    expect(found(await passNight(escrow, 7, 'missed'))).toContain('runMissing');
  });

  test('that never began and could not be missed yet are reported by the next audit', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    escrow.now = new Date(night(1).getTime() + 30 * 60_000);
    await escrow.audit();
    const runs = (await passNight(escrow, 2)).findings.filter(({ finding }) => finding === 'runMissing');
    expect(runs.map(({ severity }) => severity)).toEqual(['warning']);
  });

  test('that begin minutes early are those that were due next, in a row of them too', async () => {
    const early = (index: number) => new Date(night(index).getTime() - 5 * 60_000);
    const escrow = world();
    await passNight(escrow, 0);
    escrow.night(early(1));
    expect(found(await passNight(escrow, 2))).toEqual([]);
    escrow.night(early(4));
    escrow.now = new Date(night(4).getTime() + 4 * hour);
    const audit = await escrow.audit();
    expect(found(audit)).toEqual(['runMissing (warning)']);
    expect(messageOf(audit, 0)).toContain('the first due 2026-11-04 02:00 UTC');
  });

  test.each([
    ['never began', undefined, 'runMissing'],
    ['left no report', { noReport: true }, 'runIncomplete'],
  ])(
    'that are due within the hour before the audit and %s are reported by the next one',
    async (_, options, finding) => {
      const escrow = world();
      escrow.schedule = '0 5 5 * * *';
      const due = (index: number) => new Date(night(index).getTime() + 185 * 60_000);
      const told: string[] = [];
      for (let index = 0; index < 5; index++) {
        if (index !== 2) escrow.night(due(index));
        else if (options !== undefined) escrow.night(due(index), options);
        escrow.now = new Date(due(index).getTime() + 55 * 60_000);
        const audit = await escrow.audit();
        told.push(...audit.findings.map((one) => `${index} ${one.finding} ${one.severity}`));
      }
      expect(told).toEqual([`3 ${finding} warning`]);
    },
  );

  test('were not due by a schedule that came later, nor of a source that came later', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    escrow.schedule = '0 0 8 * * *';
    expect(found(await passNight(escrow, 1, 'missed')).filter((one) => one.startsWith('run'))).toEqual([]);
    escrow.schedule = '0 0 * * * *';
    escrow.isConfigured = false;
    await passNight(escrow, 2, 'missed');
    escrow.isConfigured = true;
    escrow.night(new Date(night(3).getTime() + 3 * hour));
    escrow.now = new Date(night(3).getTime() + 4 * hour);
    expect(found(await escrow.audit()).filter((one) => one.startsWith('run'))).toEqual([]);
  });

  test('that never began stay on record, night by night, and one that began late does not', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    const missedOf = async (night: Promise<ListedAudit>) => (await night).sources[0]?.missedRuns;
    expect(await missedOf(passNight(escrow, 1, 'missed'))).toEqual(['2026-11-02T02:00:00.000Z']);
    expect(await missedOf(passNight(escrow, 2, 'missed'))).toEqual([
      '2026-11-03T02:00:00.000Z',
      '2026-11-02T02:00:00.000Z',
    ]);
    escrow.night(new Date(night(2).getTime() + 5 * hour));
    expect(await missedOf(passNight(escrow, 3))).toEqual(['2026-11-02T02:00:00.000Z']);
    expect(await missedOf(passNight(escrow, 92))).not.toContain('2026-11-02T02:00:00.000Z');
  });

  test('of a stop are reported in one line that knows when the last one began', async () => {
    const escrow = world();
    escrow.schedule = '0 0 * * * *';
    await passNight(escrow, 0);
    const audit = await passNight(escrow, 1, 'missed');
    const lines = audit.findings.filter(({ finding }) => finding === 'runMissing');
    expect(lines.map(({ severity }) => severity)).toEqual(['gap']);
    expect(lines[0]?.detail).toContain('the last one began 2026-11-01 02:00 UTC');
  });

  test('of twice a year are found by the first audit', async () => {
    const escrow = createAuditWorld(escrowSource('vault', 'contoso-prod'), new Date('2026-06-01T00:00:00Z'));
    escrow.addKey('signing');
    escrow.schedule = '0 0 2 1 1,7 *';
    escrow.night(new Date('2026-07-01T02:00:00Z'));
    escrow.now = new Date('2026-11-24T06:00:00Z');
    expect(found(await escrow.audit())).not.toContain('runMissing');
  });

  test('that left no report are reported by the audit of the same morning', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    const audit = await passNight(escrow, 1, { noReport: true });
    expect([found(audit), audit.status]).toEqual([['runIncomplete'], 'gaps']);
    expect(audit.findings[0]?.remedy).toContain('the next run that is ok mends it');
    expect(found(await passNight(escrow, 2))).toEqual([]);
  });

  test('whose report nobody could miss yet are reported by the next audit, as a warning when a later run has begun', async () => {
    const escrow = world();
    escrow.auditSchedule = '0 0 0 1 1 *';
    await passNight(escrow, 0);
    escrow.night(night(1), { noReport: true });
    escrow.now = new Date(night(1).getTime() + 2 * hour);
    expect(found(await escrow.audit())).toEqual([]);
    const audit = await passNight(escrow, 2);
    expect([found(audit), audit.status]).toEqual([['runIncomplete (warning)'], 'ok']);
    expect(messageOf(audit, 0)).toContain('run 20261102T020000Z');
    expect(found(await passNight(escrow, 3))).toEqual([]);
  });

  test('that were due since the audit before and never began are reported, though a later one did', async () => {
    const escrow = world();
    escrow.schedule = '0 0 */6 * * *';
    escrow.auditSchedule = '0 30 5 * * *';
    const midnight = (index: number) => night(index).getTime() - 2 * hour;
    for (const index of [0, 1]) {
      escrow.night(new Date(midnight(index)));
      escrow.now = new Date(midnight(index) + 5.5 * hour);
      if (index === 0) expect(found(await escrow.audit())).toEqual([]);
    }
    const audit = await escrow.audit();
    expect([found(audit), audit.status]).toEqual([['runMissing (warning)'], 'ok']);
    expect(messageOf(audit, 0)).toContain('3 runs, the first due 2026-11-01 06:00 UTC');
    escrow.now = new Date(midnight(1) + 7.5 * hour);
    expect((await escrow.audit()).status).toBe('gaps');
  });

  test('that begin minutes before their time by the clock of the storage are no other run', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    escrow.night(new Date(night(1).getTime() - 5 * 60_000));
    escrow.now = new Date(night(1).getTime() + 4 * hour);
    expect(found(await escrow.audit())).toEqual([]);
  });

  test('that were incomplete are mended by a later one', async () => {
    const escrow = world();
    expect(found(await passNight(escrow, 0, { fail: ['orders'] }))).toContain('runIncomplete');
    escrow.night(new Date(night(0).getTime() + 5 * hour));
    escrow.now = new Date(night(0).getTime() + 6 * hour);
    expect(found(await escrow.audit())).toEqual([]);
  });

  test('are kept as a history over the audits', async () => {
    const escrow = world();
    for (let index = 0; index < 20; index++) await passNight(escrow, index, index === 7 ? { fail: ['orders'] } : {});
    const audit = await passNight(escrow, 20);
    expect(audit.sources[0]?.runs.map(({ status }) => status === 'ok')).toEqual(
      Array.from({ length: 21 }, (_, index) => 20 - index !== 7),
    );
    expect(audit.sources[0]?.runs[0]).toMatchObject({
      runId: '20261121T020000Z',
      considered: 3,
      escrowed: 3,
      attempts: 1,
    });
  });
});

describe('the calendar', () => {
  const days = (audit: ListedAudit, name: string): string => decodeMarks(keyIn(audit, name)?.days ?? '').join('');

  test('carries every day over, and reports what each came to', async () => {
    const escrow = world();
    await passNight(escrow, 0);
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
    const escrow = world();
    for (let index = 0; index < 100; index++) if (index !== 50) escrow.night(night(index));
    const audit = await passNight(escrow, 100);
    expect(days(audit, 'signing')).toBe(`${'e'.repeat(39)}s${'e'.repeat(50)}`);
  });

  test('goes on where audits themselves were missing', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    for (const index of [1, 2, 4]) escrow.night(night(index));
    expect(days(await passNight(escrow, 5), 'signing')).toMatch(/-eeesee$/);
  });
});

describe('versions', () => {
  test('are counted for all keys within a month, new and changed ones first', async () => {
    const escrow = createAuditWorld(escrowSource('vault', 'contoso-prod', { except: ['tmp-*'] }), night(-1));
    for (let index = 0; index < 60; index++) escrow.addKey(`key-${String(index).padStart(2, '0')}`);
    const counted = (audit: ListedAudit) =>
      audit.keys.filter(({ versions }) => versions?.listedAt === audit.startedAt).map(({ key }) => key);
    const seen = new Set<string>();
    // Half a request a second: 90 of them a day, of which every new key takes two.
    escrow.source = { ...escrow.source, maxBackupsPerSecond: 0.5 };
    const first = await passNight(escrow, 0);
    // Of the 16 under way at once some have taken their first request when the last of the budget goes.
    expect(counted(first).length).toBeGreaterThanOrEqual(45);
    expect(counted(first).length).toBeLessThan(60);
    expect(counted(first).length + first.totals.versionsWaiting).toBe(60);
    for (let index = 0; index < 12; index++) for (const key of counted(await passNight(escrow, index))) seen.add(key);
    expect(seen.size).toBe(60);
    escrow.now = night(12);
    escrow.rotate('key-33');
    escrow.addKey('zz-new');
    expect(counted(await passNight(escrow, 12))).toEqual(expect.arrayContaining(['key-33', 'zz-new']));
    const next = counted(await passNight(escrow, 13));
    expect(next).toHaveLength(5);
    expect(next).not.toContain('key-33');
  });

  test('near the limit are a warning, over it a gap', async () => {
    const escrow = world();
    escrow.addKey('busy');
    for (let version = 1; version < 400; version++) escrow.rotate('busy');
    const warned = await passNight(escrow, 0);
    expect([found(warned), warned.status]).toEqual([['versionsNearLimit busy (warning)'], 'ok']);
    for (let version = 400; version < 500; version++) escrow.rotate('busy');
    const alarmed = await passNight(escrow, 1);
    expect([found(alarmed), alarmed.status]).toEqual([['versionsOverLimit busy'], 'gaps']);
  });

  test('that are witnessed already are not read again', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    await passNight(escrow, 1);
    expect(escrow.publicKeyReads).toBe(3);
  });
});
