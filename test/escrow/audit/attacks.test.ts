import { describe, expect, test } from 'vitest';
import { verifyChain } from '../../../src/escrow/audit/checks/verify-chain.ts';
import { findingMessage } from '../../../src/escrow/model/finding.ts';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import { saveAudit, savePage } from '../../../src/escrow/records/stored-audits.ts';
import { found, keyIn } from '../../support/audit-findings.ts';
import { auditAt, escrowAfterNight, night, passNight, passNights, startEscrow } from '../../support/audit-nights.ts';
import { type AuditWorld, day } from '../../support/audit-world.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { folder, metadataOf } from '../../support/payroll-records.ts';

// Attacks and accidents, each with what the identity could really do: the backup identity adds blobs to the escrow's container and
// nothing else; people delete, rotate and restore keys; an administrator alters and removes.

describe('a key that was replaced', () => {
  test('is a gap that names the last record of the old key, whose witnesses stay', async () => {
    const escrow = startEscrow();
    escrow.rotate('payroll');
    escrow.rotate('payroll');
    await passNight(escrow, 0);
    const before = keyIn(await passNight(escrow, 1), 'payroll')?.versions?.known ?? [];
    escrow.now = night(1, 5);
    // Younger than what the audit saw.
    const last = escrow.backUp('payroll', `${scheduledRunId(escrow.now)}-0000000a`);
    // Late by its name, and so no record that anybody is to restore before one on time.
    const late = { metadata: metadataOf(escrow, 'payroll', night(1, 5.5)), createdAt: night(1, 5.5) };
    escrow.store.put(`${folder}${scheduledRunId(night(-30))}-0000000b.keybackup`, 'planted', late);
    escrow.now = night(1, 6);
    escrow.keys.delete('payroll');
    escrow.addKey('payroll');
    const audit = await passNight(escrow, 2);
    expect(found(audit)).toEqual(['keyReplaced payroll']);
    expect(audit.findings[0]?.detail).toContain(last);
    const known = keyIn(audit, 'payroll')?.versions?.known ?? [];
    expect(known.map(({ version }) => version)).toEqual(expect.arrayContaining(before.map(({ version }) => version)));
    expect(known.filter(({ missingSince }) => missingSince !== undefined)).toHaveLength(3);
    for (const index of [3, 4, 5]) expect(found(await passNight(escrow, index))).toEqual(['keyReplaced payroll']);
    expect(found(await passNight(escrow, 10))).toContain('keyReplaced payroll (warning)');
  });

  test('before any audit saw its versions is recognised by its records, which are older than it', async () => {
    const escrow = startEscrow();
    escrow.night(night(0));
    escrow.keys.delete('payroll');
    escrow.now = night(0, 2);
    escrow.addKey('payroll');
    escrow.night(night(1));
    expect(found(await auditAt(escrow, night(1, 4)))).toEqual(['keyReplaced payroll']);
  });

  test('by a restore of an older record is rolled back, until the right one is restored', async () => {
    const escrow = startEscrow();
    const old = escrow.snapshot('payroll');
    await passNight(escrow, 0);
    escrow.rotate('payroll');
    await passNight(escrow, 1);
    const right = escrow.snapshot('payroll');
    escrow.restore(old);
    expect(found(await passNight(escrow, 2))).toEqual(['keyRolledBack payroll']);
    escrow.restore(right);
    expect(found(await passNight(escrow, 3))).toEqual([]);
  });

  test('is the same key when it was deleted and recovered', async () => {
    const escrow = await escrowAfterNight();
    const { versions, ...rest } = escrow.snapshot('payroll');
    escrow.keys.delete('payroll');
    expect(found(await passNight(escrow, 1))).toEqual(['keyGone payroll']);
    escrow.restore({ ...rest, versions });
    expect(found(await passNight(escrow, 2))).toEqual([]);
  });

  test('and a vault that shows no version of it, which is absence and not a loss of versions', async () => {
    const escrow = await escrowAfterNight();
    escrow.restore({ ...escrow.snapshot('payroll'), updatedAt: night(0, 5), versions: [] });
    const audit = await passNight(escrow, 1);
    expect(found(audit).filter((one) => /Replaced|RolledBack/.test(one))).toEqual([]);
    expect(keyIn(audit, 'payroll')?.versions?.known).toHaveLength(1);
  });
});

describe('a key that changed after its newest backup', () => {
  test('is a warning that counts, and a gap once the change is older than the maximal age', async () => {
    const escrow = await escrowAfterNight();
    escrow.night(night(1));
    escrow.now = night(1, 3);
    escrow.rotate('payroll');
    const audit = await auditAt(escrow, night(1, 4));
    expect([found(audit), audit.status, audit.totals.changed]).toEqual([
      ['changedSinceBackup payroll (warning)'],
      'ok',
      1,
    ]);
    expect(keyIn(audit, 'payroll')?.status).toBe('fresh');
    const failed = await passNight(escrow, 2, { fail: ['payroll'] });
    expect(found(failed)).toContain('changedSinceBackup payroll (warning)');
    const late = await auditAt(escrow, night(2, 6));
    expect(found(late)).toContain('changedSinceBackup payroll');
    expect(found(await passNight(escrow, 3))).toEqual([]);
  });

  test('but before its record was written is told too: the record holds what was there when it was made', async () => {
    const escrow = await escrowAfterNight();
    escrow.now = night(0, 4.5);
    escrow.rotate('payroll');
    const metadata = metadataOf(escrow, 'payroll', new Date(escrow.now.getTime() - 1000));
    escrow.now = new Date(escrow.now.getTime() + 1000);
    escrow.store.put(`${folder}${scheduledRunId(escrow.now)}-0000000b.keybackup`, 'backup', { metadata });
    expect(found(await auditAt(escrow, night(0, 5)))).toEqual(['changedSinceBackup payroll (warning)']);
  });

  test('is not hidden by a record that claims to have been made later than it came', async () => {
    const escrow = await escrowAfterNight();
    const runId = scheduledRunId(night(0, 5));
    escrow.now = night(0, 5);
    const metadata = metadataOf(escrow, 'payroll', new Date('9999-12-31T00:00:00Z'));
    escrow.store.put(`${folder}${runId}-0000000b.keybackup`, 'planted', { metadata });
    escrow.now = night(0, 8);
    escrow.rotate('payroll');
    expect(found(await auditAt(escrow, night(0, 9)))).toContain('changedSinceBackup payroll (warning)');
  });
});

describe('what audits saw', () => {
  test('is read from an older audit when the newest is spoiled or archived, which is reported', async () => {
    const escrow = startEscrow();
    await passNights(escrow, 2);
    escrow.keys.delete('payroll');
    const newestAudit = [...escrow.audits.blobs.values()].filter(({ name }) => name.endsWith('.json')).at(-1);
    escrow.audits.put(newestAudit?.name ?? '', newestAudit?.bytes ?? '', { ...newestAudit, tier: 'Archive' });
    expect(found(await passNight(escrow, 2))).toEqual(['keyGone payroll', 'auditUnreadable']);
  });

  test('is kept of keys that were taken out of the selection, and of a source that was left out', async () => {
    const escrow = await escrowAfterNight();
    escrow.addKey('never-escrowed');
    await auditAt(escrow, night(0, 4.5));
    escrow.source = { ...escrow.source, keys: ['orders'] };
    const narrowed = await auditAt(escrow, night(0, 5));
    expect(found(narrowed)).toEqual(['selectionNarrowed (warning)']);
    expect(narrowed.findings[0]?.detail).toBe('2 keys: payroll, signing');
    escrow.isConfigured = false;
    await auditAt(escrow, night(0, 6));
    escrow.keys.delete('payroll');
    await auditAt(escrow, night(0, 7));
    escrow.isConfigured = true;
    escrow.source = { ...escrow.source, keys: ['*'] };
    const back = await auditAt(escrow, night(0, 8));
    expect(keyIn(back, 'payroll')).toMatchObject({ status: 'gone', versions: { known: [{}] } });
  });

  test('of keys that "retired" newly covers though they are there is told once: its pattern may cover too much', async () => {
    const escrow = await escrowAfterNight();
    escrow.keys.delete('orders');
    await auditAt(escrow, night(0, 5));
    escrow.source = { ...escrow.source, retired: ['*r*'] };
    const retired = await auditAt(escrow, night(0, 6));
    expect([found(retired), retired.findings[0]?.detail]).toEqual([['selectionNarrowed (warning)'], '1 key: payroll']);
    expect(found(await auditAt(escrow, night(0, 7)))).toEqual([]);
  });

  test('a chain in which an audit was altered or removed is broken', async () => {
    const escrow = startEscrow();
    await passNights(escrow, 4);
    const expectBroken = async (words: string) => {
      const { findings } = await verifyChain(escrow.audits, noLimit);
      expect(findings.map(findingMessage)).toEqual([expect.stringContaining(`${words} (${second?.name}`)]);
    };
    const audits = [...escrow.audits.blobs.values()].filter(({ name }) => name.endsWith('.json'));
    const four = { audits: 4, newest: { name: audits.at(-1)?.name } };
    expect(await verifyChain(escrow.audits, noLimit)).toMatchObject({ ...four, findings: [] });
    const [, second] = audits;
    if (second === undefined) throw new Error('no audit');
    const { createdAt } = second;
    escrow.audits.put(second.name, second.bytes, { createdAt, tier: 'Archive' });
    expect(await verifyChain(escrow.audits, noLimit)).toMatchObject(four);
    await expectBroken('An audit cannot be read');
    const altered = Buffer.from(second.bytes).toString().replace('"maxAgeHours":26', '"maxAgeHours":99');
    escrow.audits.put(second.name, altered, { createdAt });
    await expectBroken('An audit is not what its successor says');
    escrow.audits.lose(second.name);
    await expectBroken('An audit is gone that its successor names');
  });

  test('a chain that begins anew, because all earlier audits were away for a night, is broken there', async () => {
    const escrow = startEscrow();
    await passNights(escrow, 2);
    const away = [...escrow.audits.blobs.values()];
    for (const { name } of away) escrow.audits.lose(name);
    expect(found(await passNight(escrow, 2))).toEqual(['auditMissing']);
    for (const { name, bytes, createdAt } of away) escrow.audits.put(name, bytes, { createdAt });
    expect((await verifyChain(escrow.audits, noLimit)).findings.map(findingMessage)).toEqual([
      expect.stringMatching(/^An audit knows none before it, though there are some \(audits\/20261103T060000Z\.json\)/),
    ]);
  });
});

describe('an audit by a clock that is behind the storage', () => {
  const dayBehind = (escrow: AuditWorld) => {
    const real = escrow.now;
    escrow.now = new Date(real.getTime() - day);
    return real;
  };

  test('does not take old backups for fresh ones in silence', async () => {
    const escrow = startEscrow();
    await passNights(escrow, 3);
    escrow.now = night(2, 20);
    dayBehind(escrow);
    const audit = await escrow.look();
    expect(found(audit)).toEqual(['clockBehind']);
    expect(audit.findings[0]?.detail).toContain('there is a blob of 2026-11-03 06:00 UTC');
  });

  test('is told by the next one, where nothing newer was there yet', async () => {
    const escrow = startEscrow();
    await passNights(escrow, 3);
    escrow.now = night(2, 44);
    const real = dayBehind(escrow);
    const blind = await escrow.look();
    escrow.now = real;
    await savePage(escrow.audits, await saveAudit(escrow.audits, blind, noLimit), Buffer.from(''), noLimit);
    escrow.night(night(4));
    expect(found(await auditAt(escrow, night(4, 4)))).toContain('clockBehind (warning)');
    expect(found(await passNight(escrow, 5))).toEqual([]);
  });
});

test('an audit by a clock that is far ahead makes no older record seem altered afterwards', async () => {
  const escrow = startEscrow();
  await passNights(escrow, 3);
  const real = night(2, 8);
  escrow.now = night(5);
  const ahead = await escrow.look();
  expect(found(ahead)).toContain('stale payroll');
  escrow.now = real;
  await savePage(escrow.audits, await saveAudit(escrow.audits, ahead, noLimit), Buffer.from(''), noLimit);
  for (const index of [3, 4, 5, 6]) expect(found(await passNight(escrow, index))).toEqual([]);
});

describe('side blobs that cannot be read', () => {
  test('archived reports and receipts are notes, and stop nothing', async () => {
    const escrow = await escrowAfterNight();
    escrow.night(night(1));
    for (const [name, { bytes, ...blob }] of escrow.store.blobs)
      if (name.startsWith('runs/') && name.endsWith('.json'))
        escrow.store.put(name, bytes, { ...blob, tier: 'Archive' });
    escrow.drills.put('drills/20261102T030000Z.json', '{}', { tier: 'Archive' });
    const audit = await auditAt(escrow, night(1, 4));
    expect(found(audit)).toEqual(['reportUnreadable (warning)', 'receiptUnreadable (warning)']);
    expect(audit.totals).toMatchObject({ keys: 3, intact: 3 });
  });
});

test('a pending key is a gap beyond the maximal age, though no run ever comes', async () => {
  const escrow = startEscrow();
  escrow.schedule = '0 0 2 1 1 *';
  await auditAt(escrow, night(0, 4));
  expect(found(await auditAt(escrow, night(1, 4)))).toEqual(
    expect.arrayContaining(['neverEscrowed orders', 'neverEscrowed payroll', 'neverEscrowed signing']),
  );
});

test('the canary that was overwritten or removed is a gap, and one of a copied escrow is another', async () => {
  const escrow = startEscrow();
  await passNight(escrow, 0);
  const { createdAt } = escrow.store.blobs.get('runs/canary') ?? {};
  escrow.store.put('runs/canary', 'canary', { createdAt: createdAt ?? night(0), lastModified: escrow.now });
  const replaced = await passNight(escrow, 1);
  expect([found(replaced), replaced.findings[0]?.detail]).toEqual([
    ['notWriteOnce'],
    expect.stringMatching(/replaced$/),
  ]);
  escrow.night(night(2));
  escrow.store.lose('runs/canary');
  const removed = await passNight(escrow, 2, 'missed');
  expect([found(removed), removed.findings[0]?.detail]).toEqual([['notWriteOnce'], expect.stringMatching(/removed$/)]);
  escrow.copyEscrow();
  expect(found(await passNight(escrow, 3))).toEqual([]);
});
