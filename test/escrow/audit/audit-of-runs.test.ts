import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import { reportName, startedMarkerName } from '../../../src/escrow/records/blob-names.ts';
import type { RunReport } from '../../../src/escrow/records/run-report.ts';
import { found, keyIn, messageOf } from '../../support/audit-findings.ts';
import { auditAt, escrowAfterNight, night, passNight, startEscrow } from '../../support/audit-nights.ts';
import { createAuditWorld, hour } from '../../support/audit-world.ts';
import { escrowSource } from '../../support/escrow-sources.ts';
import type { ListedAudit } from '../../support/listed-audit.ts';
import { runReport } from '../../support/run-report.ts';

describe('runs', () => {
  test('that began and left no report are incomplete, once they cannot be under way any more', async () => {
    const escrow = startEscrow();
    escrow.night(night(0), { noReport: true });
    expect(found(await auditAt(escrow, night(0, 3)))).toEqual([]);
    const audit = await auditAt(escrow, night(0, 5));
    expect(found(audit)).toEqual(['runIncomplete']);
    expect(messageOf(audit, 0)).toContain('has left no report');
    expect(audit.totals).toMatchObject({ keys: 3, intact: 3 });
  });

  test('that are under way have left no key without a backup yet', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    escrow.now = night(0, 5);
    escrow.addKey('new');
    await auditAt(escrow, night(0, 6));
    escrow.now = night(1);
    escrow.store.put(startedMarkerName(scheduledRunId(night(1)), escrow.source), '{}');
    expect(keyIn(await auditAt(escrow, night(1, 0.1)), 'new')?.status).toBe('pending');
    expect(keyIn(await auditAt(escrow, night(1, 3.1)), 'new')?.status).toBe('never');
  });

  test('of a source that was added since the last one was due are not missed before the next', async () => {
    const added = async (schedule: string) => {
      const escrow = startEscrow();
      escrow.schedule = schedule;
      escrow.isConfigured = false;
      await auditAt(escrow, night(0, 4));
      escrow.isConfigured = true;
      // However many audits look before the next is due.
      for (const later of [4, 5, 24]) expect(found(await auditAt(escrow, night(1, later)))).toEqual([]);
      return escrow;
    };
    await added('0 0 2 1 1 *');
    const escrow = await added('0 0 2 * * *');
    expect(found(await auditAt(escrow, night(2, 4)))).toContain('runMissing');
    expect(found(await auditAt(escrow, night(2, 5)))).toContain('runMissing');
  });

  test('that somebody foresaw, with a marker and a report, are neither missed nor begun by that', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    for (const index of [1, 2]) {
      const runId = scheduledRunId(night(index));
      const report = runReport(escrow.source, { runId, startedAt: runId, finishedAt: runId });
      escrow.store.put(startedMarkerName(runId, escrow.source), '{}');
      escrow.store.put(reportName(runId, escrow.source), JSON.stringify(report));
    }
    const honest = reportName(scheduledRunId(night(1)), escrow.source);
    escrow.night(night(1));
    const { bytes } = escrow.store.blobs.get(reportName(scheduledRunId(night(0)), escrow.source)) ?? {};
    const told = Buffer.from(bytes ?? [])
      .toString()
      .replaceAll('20261101', '20261102')
      .replaceAll('2026-11-01', '2026-11-02');
    escrow.store.put(honest.replace('.json', '.2.json'), told);
    expect(found(await auditAt(escrow, night(1, 4)))).toEqual([]);
    expect(found(await auditAt(escrow, night(2, 4)))).toContain('runMissing');
  });

  test('that are incomplete say why: how many keys failed, and what is wrong with the source', async () => {
    const escrow = await escrowAfterNight();
    let last: ListedAudit | undefined;
    const said = async (more: Partial<RunReport>, hour: number) => {
      escrow.night(night(1), { noReport: true });
      const times = { startedAt: night(1).toISOString(), finishedAt: night(1).toISOString() };
      const report = runReport(escrow.source, {
        runId: scheduledRunId(night(1)),
        ...times,
        status: 'incomplete',
        ...more,
      });
      // A resumed run reports once more, and within the same second too its newest report speaks for it.
      const name = reportName(report.runId, escrow.source, hour);
      escrow.store.put(name, JSON.stringify(report), { createdAt: night(1) });
      last = await auditAt(escrow, night(1, hour));
      return messageOf(last, 0);
    };
    const counts = { considered: 3000, escrowed: 1000, alreadyEscrowed: 0, skipped: 0, failed: 2000 };
    const problem = { code: 'x', attempt: 'list', subject: 'the source', reason: 'it is closed', remedy: 'Open it.' };
    expect(await said({ counts, problems: [problem] }, 1)).toContain('2,000 of 3,000 keys failed; Cannot list');
    expect(await said({ problems: [problem] }, 2)).toMatch(/run 20261102T020000Z: Cannot list/);
    expect(await said({ throttled: 1 }, 3)).toContain('its report does not say why');
    const done = { considered: 3, escrowed: 1, alreadyEscrowed: 2, skipped: 0, failed: 0 };
    const finishedAt = night(1, 1).toISOString();
    const startedAt = night(1, 0.5).toISOString();
    expect(await said({ status: 'ok', counts: done, throttled: 2, startedAt, finishedAt }, 4)).toBeUndefined();
    // Of all four attempts.
    expect(last?.sources[0]?.runs[0]).toMatchObject({ escrowed: 3, throttled: 3, attempts: 4, durationMs: hour });
  });

  test('are missed an hour after they were due, not before: they may wait in the queue', async () => {
    const escrow = await escrowAfterNight();
    const foundAt = async (minutes: number) => {
      escrow.now = new Date(night(1).getTime() + minutes * 60_000);
      return found(await escrow.audit());
    };
    expect([await foundAt(59), await foundAt(61)]).toEqual([[], ['runMissing']]);
  });

  test('of a weekly schedule are not missed by the daily audit', async () => {
    const escrow = startEscrow();
    escrow.schedule = '0 0 2 * * SUN';
    for (let index = 0; index < 7; index++) {
      const audit = await passNight(escrow, index, index === 0 ? {} : 'missed');
      expect(found(audit).filter((one) => one.startsWith('run'))).toEqual([]);
    }
    expect(found(await passNight(escrow, 7, 'missed'))).toContain('runMissing');
  });

  test('that never began and could not be missed yet are reported by the next audit', async () => {
    const escrow = await escrowAfterNight();
    escrow.now = new Date(night(1).getTime() + 30 * 60_000);
    await escrow.audit();
    const runs = (await passNight(escrow, 2)).findings.filter(({ finding }) => finding === 'runMissing');
    expect(runs.map(({ severity }) => severity)).toEqual(['warning']);
  });

  test('that begin minutes early are those that were due next, in a row of them too', async () => {
    const early = (index: number) => new Date(night(index).getTime() - 5 * 60_000);
    const escrow = await escrowAfterNight();
    escrow.night(early(1));
    expect(found(await passNight(escrow, 2))).toEqual([]);
    escrow.night(early(4));
    const audit = await auditAt(escrow, night(4, 4));
    expect(found(audit)).toEqual(['runMissing (warning)']);
    expect(messageOf(audit, 0)).toContain('the first due 2026-11-04 02:00 UTC');
  });

  test.each([
    ['never began', undefined, 'runMissing'],
    ['left no report', { noReport: true }, 'runIncomplete'],
  ])(
    'that are due within the hour before the audit and %s are reported by the next one',
    async (_, options, finding) => {
      const escrow = startEscrow();
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
    const escrow = await escrowAfterNight();
    escrow.schedule = '0 0 8 * * *';
    expect(found(await passNight(escrow, 1, 'missed')).filter((one) => one.startsWith('run'))).toEqual([]);
    escrow.schedule = '0 0 * * * *';
    escrow.isConfigured = false;
    await passNight(escrow, 2, 'missed');
    escrow.isConfigured = true;
    escrow.night(night(3, 3));
    expect(found(await auditAt(escrow, night(3, 4))).filter((one) => one.startsWith('run'))).toEqual([]);
  });

  test('of a source that was left out and put back know when the last one began', async () => {
    const escrow = await escrowAfterNight();
    await passNight(escrow, 1, 'missed');
    escrow.isConfigured = false;
    await auditAt(escrow, night(1, 5));
    escrow.isConfigured = true;
    const audit = await auditAt(escrow, night(1, 6));
    expect(audit.findings.find(({ finding }) => finding === 'runMissing')?.detail).toBe(
      'due 2026-11-02 02:00 UTC; the last one began 2026-11-01 02:00 UTC',
    );
  });

  test('that never began stay on record, night by night, and one that began late does not', async () => {
    const escrow = await escrowAfterNight();
    const missedOf = async (night: Promise<ListedAudit>) => (await night).sources[0]?.missedRuns;
    expect(await missedOf(passNight(escrow, 1, 'missed'))).toEqual(['2026-11-02T02:00:00.000Z']);
    expect(await missedOf(passNight(escrow, 2, 'missed'))).toEqual([
      '2026-11-03T02:00:00.000Z',
      '2026-11-02T02:00:00.000Z',
    ]);
    escrow.night(night(2, 5));
    expect(await missedOf(passNight(escrow, 3))).toEqual(['2026-11-02T02:00:00.000Z']);
    const audit = await passNight(escrow, 92);
    expect(audit.sources[0]?.missedRuns).not.toContain('2026-11-02T02:00:00.000Z');
    expect(audit.sources[0]?.runs.map(({ runId }) => runId)).toEqual([
      '20270201T020000Z',
      '20261104T020000Z',
      '20261103T070000Z',
    ]);
  });

  test('of a stop are reported in one line that knows when the last one began', async () => {
    const escrow = startEscrow();
    escrow.schedule = '0 0 * * * *';
    await passNight(escrow, 0);
    const audit = await passNight(escrow, 1, 'missed');
    const lines = audit.findings.filter(({ finding }) => finding === 'runMissing');
    expect(lines.map(({ severity }) => severity)).toEqual(['gap']);
    expect(lines[0]?.detail).toContain('the last one began 2026-11-01 02:00 UTC');
    const later = await passNight(escrow, 3, 'missed');
    expect(messageOf(later, 0)).toContain('the last one began 2026-11-01 02:00 UTC');
  });

  test('of twice a year are found by the first audit, and are missed for as long as none has begun', async () => {
    const escrow = createAuditWorld(escrowSource('vault', 'contoso-prod'), new Date('2026-06-01T00:00:00Z'));
    escrow.addKey('signing');
    escrow.schedule = '0 0 2 1 1,7 *';
    const late = new Date('2026-11-24T06:00:00Z');
    expect(found(await auditAt(escrow, late))).toContain('runMissing');
    expect(found(await auditAt(escrow, new Date(late.getTime() + hour)))).toContain('runMissing');
    escrow.night(new Date('2026-07-01T02:00:00Z'));
    expect(found(await auditAt(escrow, late))).not.toContain('runMissing');
  });

  test('that left no report are reported by the audit of the same morning', async () => {
    const escrow = await escrowAfterNight();
    const audit = await passNight(escrow, 1, { noReport: true });
    expect([found(audit), audit.status]).toEqual([['runIncomplete'], 'gaps']);
    expect(audit.findings[0]?.remedy).toContain('the next run that is ok mends it');
    expect(audit.sources[0]?.runs.map(({ status }) => status)).toEqual(['unfinished', 'ok']);
    // A late delivery resumes it.
    escrow.night(night(1));
    expect((await auditAt(escrow, night(1, 5))).sources[0]?.runs.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(found(await passNight(escrow, 2))).toEqual([]);
  });

  test('whose report nobody could miss yet are reported by the next audit, as a warning when a later run has begun', async () => {
    const escrow = startEscrow();
    escrow.auditSchedule = '0 0 0 1 1 *';
    await passNight(escrow, 0);
    escrow.night(night(1), { noReport: true });
    expect(found(await auditAt(escrow, night(1, 2)))).toEqual([]);
    const audit = await passNight(escrow, 2);
    expect([found(audit), audit.status]).toEqual([['runIncomplete (warning)'], 'ok']);
    expect(messageOf(audit, 0)).toContain('run 20261102T020000Z');
    expect(found(await passNight(escrow, 3))).toEqual([]);
  });

  test('that were due since the audit before and never began are reported, though a later one did', async () => {
    const escrow = startEscrow();
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

  test('that were incomplete are mended by a later one', async () => {
    const escrow = startEscrow();
    expect(found(await passNight(escrow, 0, { fail: ['orders'] }))).toContain('runIncomplete');
    escrow.night(night(0, 5));
    expect(found(await auditAt(escrow, night(0, 6)))).toEqual([]);
  });

  test('are kept as a history over the audits', async () => {
    const escrow = startEscrow();
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
