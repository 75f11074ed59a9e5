import { describe, expect, test } from 'vitest';
import type { Audit } from '../../../src/escrow/audit/audit-document.ts';
import { decodeMarks } from '../../../src/escrow/audit/calendar.ts';
import { answerLine } from '../../../src/escrow/page/answer.ts';
import { type AuditWorld, createAuditWorld, day, hour } from '../../support/audit-world.ts';
import { escrowSource } from '../../support/escrow-sources.ts';

const source = escrowSource('vault', 'contoso-prod', { except: ['tmp-*'] });
const dayOne = Date.parse('2026-11-01T02:00:00Z');
const night = (index: number): Date => new Date(dayOne + index * day);

function world(of = source): AuditWorld {
  const made = createAuditWorld(of, new Date(dayOne - 10 * day));
  for (const name of ['signing', 'payroll', 'orders']) made.addKey(name);
  return made;
}

/** The night's run, if any, and the audit four hours after it was due. */
async function passNight(
  escrow: AuditWorld,
  index: number,
  options?: Parameters<AuditWorld['night']>[1] | 'missed',
): Promise<Audit> {
  if (options !== 'missed') escrow.night(night(index), options);
  escrow.now = new Date(night(index).getTime() + 4 * hour);
  return escrow.audit();
}

const found = ({ findings }: Audit): string[] =>
  findings.map(({ finding, key }) => (key ? `${finding} ${key}` : finding));
const statusOf = ({ sources }: Audit, name: string): string | undefined =>
  sources[0]?.keys.find(({ key }) => key === name)?.status;

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
    expect(second.findings[1]?.message).toContain(
      'Its last run said: Cannot back up key "newcomer": newcomer failed. Do y.',
    );
    expect(statusOf(await passNight(escrow, 2, 'missed'), 'newcomer')).toBe('never');
    const mended = await passNight(escrow, 3);
    expect([statusOf(mended, 'newcomer'), found(mended)]).toEqual(['fresh', []]);
  });

  test('is pending again when the settings begin to select it', async () => {
    const escrow = world(escrowSource('vault', 'contoso-prod', { except: ['orders'] }));
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
  test('are told one by one, and as a shrunken source when more than a tenth goes at once', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    escrow.keys.delete('signing');
    escrow.keys.delete('payroll');
    expect(found(await passNight(escrow, 1))).toEqual(['sourceShrank', 'keyGone payroll', 'keyGone signing']);
    expect(found(await passNight(escrow, 2))).toEqual(['keyGone payroll', 'keyGone signing']);
    escrow.addKey('signing');
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
    expect(answerLine(blind)).toBe('3 of 3 known keys can be brought back; 1 source could not be read');
    escrow.isClosed = false;
    expect(found(await passNight(escrow, 3))).toEqual(['keyGone signing']);
  });

  test('are noticed even when they came and went between two audits', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    escrow.addKey('short-lived');
    escrow.night(night(1));
    escrow.keys.delete('short-lived');
    expect(found(await passNight(escrow, 1, 'missed'))).toEqual(['keyGone short-lived']);
  });

  test('are nobody to miss when they were excluded', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    escrow.addKey('tmp-build');
    await passNight(escrow, 0, 'missed');
    escrow.keys.delete('tmp-build');
    expect(found(await passNight(escrow, 1))).toEqual([]);
  });

  test('are told by name when the settings name them', async () => {
    const escrow = world(escrowSource('vault', 'contoso-prod', { keys: ['*', 'root'] }));
    expect(found(await passNight(escrow, 0))).toEqual(['configuredKeyNotFound root']);
  });

  test('are told when a certificate has taken the place of a key, or is gone with its own', async () => {
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
    expect(audit.findings.find(({ key }) => key === 'signing')?.message).toContain(
      'a certificate of the same name is in its place',
    );
  });

  test('leave an empty source, which is a gap of its own', async () => {
    const escrow = createAuditWorld(source, new Date(dayOne - day));
    expect(found(await passNight(escrow, 0))).toEqual(['sourceEmpty']);
  });
});

describe('a record that was there before its run', () => {
  test('is told, and is no record: the key has none', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    const { id = '' } = escrow.keys.get('orders') ?? {};
    for (const name of [...escrow.blobs.keys()].filter((one) => one.includes('/orders/'))) escrow.lose(name);
    escrow.forge('vaults/contoso-prod/orders/20261103T020000Z.keybackup', 'forged', escrow.now, { keyid: id });
    const audit = await passNight(escrow, 1, { fail: ['orders'] });
    expect(found(audit)).toEqual(['runIncomplete', 'recordMissing orders', 'recordTooEarly orders']);
    expect(audit.totals).toMatchObject({ keys: 3, restorable: 2 });
  });
});

describe('a source that is no longer configured', () => {
  test('is told once, with how many of its keys have a record', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    escrow.isConfigured = false;
    const audit = await passNight(escrow, 1, 'missed');
    expect([found(audit), audit.status]).toEqual([['sourceLeftOut'], 'ok']);
    expect(audit.findings[0]?.message).toContain('Vault "contoso-prod" is no longer configured; 3 of its 3 known keys');
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
    expect(audit.findings[0]?.message).toContain('has left no report');
    expect(audit.totals).toMatchObject({ keys: 3, restorable: 3 });
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

  test('that never began and could not be missed yet are told by the next audit', async () => {
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
    expect(found(await passNight(escrow, 2))).toEqual(['auditMissing']);
    escrow.night(early(4));
    escrow.now = new Date(night(4).getTime() + 4 * hour);
    const audit = await escrow.audit();
    expect(found(audit)).toEqual(['auditMissing', 'runMissing']);
    expect(audit.findings[1]?.message).toContain('due 2026-11-04 02:00 UTC never began.');
  });

  test('of just before midnight are in the chain, though their report came between two looks', async () => {
    const escrow = world();
    escrow.schedule = '0 30 23 * * *';
    escrow.auditSchedule = '0 20 0 * * *';
    const [first, second] = [new Date('2026-11-01T23:30:00Z'), new Date('2026-11-02T23:30:00Z')];
    const auditAfter = (run: Date) => {
      escrow.now = new Date(run.getTime() + 50 * 60_000);
      return escrow.audit();
    };
    escrow.night(first);
    await auditAfter(first);
    escrow.night(second);
    const report = 'runs/20261102T233000Z/vaults/contoso-prod.json';
    const late = escrow.blobs.get(report);
    escrow.lose(report);
    await auditAfter(second);
    if (late !== undefined) escrow.forge(report, late.bytes.toString(), late.createdAt, late.metadata);
    escrow.now = new Date('2026-11-06T12:00:00Z');
    expect((await escrow.audit()).chain.evidence.map(({ name }) => name)).toContain(report);
  });

  test.each([
    ['never began', undefined, 'runMissing'],
    ['left no report', { noReport: true }, 'runIncomplete'],
  ])('that are due within the hour before the audit and %s are told by the next one', async (_, options, finding) => {
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
  });

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

  test('of a stop are told in one line that knows when the last one began', async () => {
    const escrow = world();
    escrow.schedule = '0 0 * * * *';
    await passNight(escrow, 0);
    const audit = await passNight(escrow, 1, 'missed');
    const lines = audit.findings.filter(({ finding }) => finding === 'runMissing');
    expect(lines.map(({ severity }) => severity)).toEqual(['gap']);
    expect(lines[0]?.message).toContain('the last one began 2026-11-01 02:00 UTC');
  });

  test('of twice a year are found by the first audit', async () => {
    const escrow = createAuditWorld(source, new Date('2026-06-01T00:00:00Z'));
    escrow.addKey('signing');
    escrow.schedule = '0 0 2 1 1,7 *';
    escrow.night(new Date('2026-07-01T02:00:00Z'));
    escrow.now = new Date('2026-11-24T06:00:00Z');
    expect(found(await escrow.audit())).not.toContain('runMissing');
  });

  test('that left no report are told by the audit of the same morning', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    const audit = await passNight(escrow, 1, { noReport: true });
    expect([found(audit), audit.status]).toEqual([['runIncomplete'], 'gaps']);
    expect(audit.findings[0]?.remedy).toContain('enqueue {"vaultName":"contoso-prod"}');
    expect(found(await passNight(escrow, 2))).toEqual([]);
  });

  test('whose report nobody could miss yet are told by the next audit, as a warning when a later run has begun', async () => {
    const escrow = world();
    escrow.auditSchedule = '0 0 0 1 1 *';
    await passNight(escrow, 0);
    escrow.night(night(1), { noReport: true });
    escrow.now = new Date(night(1).getTime() + 2 * hour);
    expect(found(await escrow.audit())).toEqual([]);
    const audit = await passNight(escrow, 2);
    expect([found(audit), audit.status]).toEqual([['runIncomplete'], 'ok']);
    expect(audit.findings[0]?.message).toContain('Run 20261102T020000Z');
    expect(found(await passNight(escrow, 3))).toEqual([]);
  });

  test('that were due since the audit before and never began are told, though a later one did', async () => {
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
    expect([found(audit), audit.status]).toEqual([['runMissing'], 'ok']);
    expect(audit.findings[0]?.message).toContain('was due 2026-11-01 06:00 UTC never began, nor any of the 2 after it');
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
  const days = (audit: Audit, name: string): string =>
    decodeMarks(audit.sources[0]?.keys.find(({ key }) => key === name)?.days ?? '').join('');

  test('carries every day over, and tells what each came to', async () => {
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
    const escrow = createAuditWorld(source, new Date(dayOne - day));
    for (let index = 0; index < 60; index++) escrow.addKey(`key-${String(index).padStart(2, '0')}`);
    const counted = (audit: Audit) =>
      audit.sources[0]?.keys.filter(({ versions }) => versions?.countedAt === audit.startedAt).map(({ key }) => key) ??
      [];
    const seen = new Set<string>();
    for (let index = 0; index < 12; index++) for (const key of counted(await passNight(escrow, index))) seen.add(key);
    expect(seen.size).toBe(60);
    escrow.now = night(12);
    escrow.addKey('key-33', { versions: 2 });
    escrow.addKey('zz-new');
    expect(counted(await passNight(escrow, 12))).toEqual(expect.arrayContaining(['key-33', 'zz-new']));
    const next = counted(await passNight(escrow, 13));
    expect(next).toHaveLength(5);
    expect(next).not.toContain('key-33');
  });

  test('near the limit are a warning, over it a gap', async () => {
    const escrow = world();
    escrow.addKey('busy', { versions: 400 });
    const warned = await passNight(escrow, 0);
    expect([found(warned), warned.status]).toEqual([['versionsNearLimit busy'], 'ok']);
    escrow.now = night(1);
    escrow.addKey('busy', { versions: 500 });
    const alarmed = await passNight(escrow, 1);
    expect([found(alarmed), alarmed.status]).toEqual([['versionsOverLimit busy'], 'gaps']);
  });

  test('that are witnessed already are not read again', async () => {
    const escrow = world();
    await passNight(escrow, 0);
    const first = escrow.requests;
    await passNight(escrow, 1);
    expect(first - escrow.requests).toBeGreaterThanOrEqual(3);
  });
});
