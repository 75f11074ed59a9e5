import { describe, expect, test } from 'vitest';
import { type AuditJob, conductAudit } from '../../../src/escrow/audit/audit.ts';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import type { EscrowStore } from '../../../src/escrow/ports/escrow-store.ts';
import { reportName } from '../../../src/escrow/records/blob-names.ts';
import { auditAt, found, keyIn, night, passNight, startEscrow } from '../../support/audit-nights.ts';
import type { AuditWorld } from '../../support/audit-world.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { storageError } from '../../support/memory-store.ts';

/** An audit of the escrow by itself, as somebody makes it who does not write its records: no source is asked. */
function auditWithoutSources({ now }: AuditWorld, container: EscrowStore) {
  const job: AuditJob = {
    sources: [],
    schedule: '0 0 2 * * *',
    auditSchedule: '0 0 6 * * *',
    maxAgeHours: 26,
    maxDrillAgeDays: undefined,
  };
  const keysOf = (): never => {
    throw new Error('there is no source');
  };
  return conductAudit(job, {
    container,
    audits: container,
    drills: container,
    now: () => now,
    outOfTime: noLimit,
    keysOf,
  });
}

test('everything can be brought back as of the oldest among the newest records', async () => {
  const escrow = startEscrow();
  const first = await passNight(escrow, 0);
  const second = await passNight(escrow, 1, { fail: ['payroll'] });
  const [before, after] = [first, second].map((audit) => keyIn(audit, 'signing')?.record?.createdAt);
  expect(before).not.toBe(after);
  expect([first.totals.asOf, second.totals.asOf]).toEqual([before, before]);
  expect((await passNight(escrow, 2)).totals.asOf).not.toBe(before);
});

test('gaps come before warnings, each in the order in which they were found', async () => {
  const escrow = startEscrow();
  escrow.addKey('busy', { versions: 450 });
  escrow.addKey('busier', { versions: 460 });
  expect(found(await passNight(escrow, 0))).toEqual(['versionsNearLimit busier', 'versionsNearLimit busy']);
  escrow.lose(reportName(scheduledRunId(night(0)), escrow.source));
  const audit = await passNight(escrow, 1);
  expect(audit.status).toBe('gaps');
  expect(found(audit)).toEqual(['evidenceMissing', 'versionsNearLimit busier', 'versionsNearLimit busy']);
});

test('a report of late counts in every audit of its day, whatever evidence came after it', async () => {
  const escrow = startEscrow();
  await passNight(escrow, 0);
  await passNight(escrow, 1, { fail: ['payroll'] });
  // The last ones after midnight, before the next run is due.
  for (const hours of [5, 6, 7, 8, 9, 22.5, 23, 23.5]) {
    escrow.now = night(1, hours - 0.25);
    escrow.forge(`requests/${hours * 10}a9c1e-0000-4000-8000-000000000000.json`, '{}');
    const audit = await auditAt(escrow, night(1, hours));
    expect(found(audit).slice(0, 1)).toEqual(['runIncomplete']);
    expect(audit.findings[0]?.message).toContain('1 of 3 keys failed');
    expect(keyIn(audit, 'signing')?.status).toBe('fresh');
  }
});

describe('evidence that an audit cannot read', () => {
  const lost = 'requests/5f3a9c1e-0000-4000-8000-000000000000.json';
  const refusing = (escrow: AuditWorld, code: string): EscrowStore => ({
    ...escrow.container,
    async read(name, ...more) {
      if (name === lost) throw storageError({ statusCode: 404, code });
      return escrow.container.read(name, ...more);
    },
  });

  async function listed(): Promise<AuditWorld> {
    const escrow = startEscrow();
    escrow.night(night(0));
    escrow.forge(lost, '{}');
    const { chain } = await auditAt(escrow, night(0, 4));
    expect(chain.evidence.map(({ name }) => name)).toContain(lost);
    return escrow;
  }

  test('because it is gone is missing', async () => {
    const escrow = await listed();
    const audit = await auditWithoutSources(escrow, refusing(escrow, 'BlobNotFound'));
    const missing = audit.findings.filter(({ finding }) => finding === 'evidenceMissing');
    expect(missing.map(({ message }) => message)).toEqual([expect.stringContaining(lost)]);
  });

  test('because the container is gone is no evidence of anything: there is no audit', async () => {
    const escrow = await listed();
    await expect(auditWithoutSources(escrow, refusing(escrow, 'ContainerNotFound'))).rejects.toMatchObject({
      code: 'ContainerNotFound',
    });
  });
});
