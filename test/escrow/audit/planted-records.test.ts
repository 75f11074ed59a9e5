import { describe, expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import type { StoredBlob } from '../../../src/escrow/ports/escrow-store.ts';
import { chooseRecord } from '../../../src/escrow/records/record-choice.ts';
import { found, keyIn } from '../../support/audit-findings.ts';
import { auditAt, escrowAfterNight, night, passNight, passNights, startEscrow } from '../../support/audit-nights.ts';
import { noLimit, publicSuffixes } from '../../support/escrow-sources.ts';
import { folder, metadataOf, newest, payroll } from '../../support/payroll-records.ts';

describe('a record that was planted for it', () => {
  test('before a key changes, with a time of backup that is still to come, does not hide the change', async () => {
    const escrow = await escrowAfterNight();
    escrow.now = night(0, 5);
    const metadata = metadataOf(escrow, 'payroll', night(0, 5.1));
    escrow.store.put(`${folder}${scheduledRunId(escrow.now)}-0000000b.keybackup`, 'planted', { metadata });
    escrow.now = night(0, 5.05);
    escrow.rotate('payroll');
    expect(found(await auditAt(escrow, night(0, 6)))).toContain('changedSinceBackup payroll (warning)');
  });

  test('under the name of a run of long ago, where an audit does not look every day, is not the newest for anybody', async () => {
    const escrow = startEscrow();
    await passNights(escrow, 12);
    const genuine = newest(escrow).name;
    escrow.now = night(11, 5);
    const metadata = metadataOf(escrow, 'payroll', escrow.now);
    escrow.store.put(`${folder}20200101T020000Z-0000000b.keybackup`, 'planted', { metadata });
    const audit = await auditAt(escrow, night(11, 6));
    expect(keyIn(audit, 'payroll')?.record?.blobName).toBe(genuine);
    const place = { store: escrow.store, suffixes: publicSuffixes, deadline: noLimit };
    const picked = await chooseRecord(place, { source: escrow.source, keyName: 'payroll' });
    expect(picked.record.blobName).toBe(genuine);
  });
});

describe('what a record is', () => {
  test('altered in place, with the same length and metadata, is a gap, and it never counts again', async () => {
    const escrow = await escrowAfterNight();
    const { name, metadata, createdAt, length, bytes } = newest(escrow);
    escrow.store.put(name, Buffer.alloc(length, 'x'), { metadata, createdAt, lastModified: escrow.now });
    expect(found(await auditAt(escrow, night(0, 5)))).toContain('recordAltered payroll');
    escrow.store.put(name, bytes, { metadata, createdAt, lastModified: escrow.now });
    expect(keyIn(await auditAt(escrow, night(0, 6)), 'payroll')?.record).toBeUndefined();
  });

  test('removed and written anew is altered too, and never counts again', async () => {
    const escrow = await escrowAfterNight();
    const { name, bytes } = newest(escrow);
    escrow.now = night(0, 4.5);
    escrow.store.put(name, bytes, { metadata: metadataOf(escrow, 'payroll', escrow.now) });
    const audit = await auditAt(escrow, night(0, 5));
    expect(found(audit)).toContain('recordAltered payroll');
    for (const one of [audit, await auditAt(escrow, night(0, 6))])
      expect(keyIn(one, 'payroll')?.record).toBeUndefined();
  });

  test('altered before any audit saw it, moments after it was written, is recognised by the time of its last change', async () => {
    const escrow = await escrowAfterNight();
    escrow.night(night(1));
    const { name, metadata, createdAt, length } = newest(escrow);
    escrow.store.put(name, Buffer.alloc(length, 'x'), {
      metadata,
      createdAt,
      lastModified: new Date(createdAt.getTime() + 3000),
    });
    expect(found(await auditAt(escrow, night(1, 4)))).toContain('recordAltered payroll');
  });

  test('among older ones, removed or altered, is found when the whole folder is counted again', async () => {
    // More keys than have their turn in one night.
    const escrow = startEscrow({}, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'orders', 'payroll', 'signing']);
    for (let index = 0; index < 14; index++) {
      escrow.night(night(index));
      // Named by a run of days ago, and made after the others: the last name is not the last record.
      escrow.now = night(index, 1);
      if (index === 3) escrow.backUp('payroll', scheduledRunId(night(-3)));
      expect(found(await auditAt(escrow, night(index, 4)))).toEqual([]);
    }
    const old = [...escrow.store.blobs.keys()].find((name) => name.startsWith(folder)) ?? '';
    escrow.store.lose(old);
    const told: string[] = [];
    for (let index = 14; index < 18; index++) told.push(...found(await passNight(escrow, index)));
    expect(told).toEqual(['olderRecordsAltered payroll']);
  });

  test.each([
    ['in the archive tier', { tier: 'Archive' }, 'archive tier'],
    ['on its way back from there', { tier: 'Archive', archiveStatus: 'rehydrate-pending-to-hot' }, 'on its way back'],
    ['encrypted with a key of somebody', { customerProvidedKey: true as const }, 'only whoever wrote it'],
    ['a copy that is not finished', { copyStatus: 'pending' as const }, 'not finished'],
  ])('%s is there and not intact', async (_, state, words) => {
    const escrow = startEscrow();
    escrow.night(night(0));
    const { name, bytes, ...blob } = newest(escrow);
    escrow.store.put(name, bytes, { ...blob, ...state });
    const audit = await auditAt(escrow, night(0, 4));
    expect(found(audit)).toEqual(['recordNotReadable payroll']);
    expect(audit.findings[0]?.reason).toContain(words);
    expect(audit.totals).toMatchObject({ keys: 3, intact: 2 });
    Object.assign(escrow.source, { retired: ['payroll'] });
    expect(found(await auditAt(escrow, night(0, 8)))).toContain('recordNotReadable payroll (warning)');
  });

  test.each([
    ['an append blob', { type: 'append' as const }, 'recordNotBlockBlob payroll'],
    ['without digest', { metadata: { backedupat: night(1, 3).toISOString() } }, 'recordForeign payroll'],
    ['of another key', { key: 'signing' }, 'recordForeign payroll'],
    ['larger than any backup', { length: 64 * 1024 ** 2 + 1 }, 'recordForeign payroll'],
    ['empty', { content: '' }, 'recordWithoutDigest payroll (warning)'],
    [
      'with a digest that is none',
      { metadata: { ...payroll, backedupat: night(1, 3).toISOString(), sha256: 'x'.repeat(8000) } },
      'recordWithoutDigest payroll (warning)',
    ],
  ])(
    '%s is reported and passed over',
    async (_, {
      key = 'payroll',
      content = 'planted',
      ...more
    }: Partial<StoredBlob> & { key?: string; content?: string }, finding) => {
      const escrow = startEscrow();
      await passNight(escrow, 0);
      escrow.night(night(1));
      const genuine = newest(escrow).name;
      escrow.now = night(1, 3);
      const metadata = metadataOf(escrow, key, escrow.now);
      escrow.store.put(`${folder}${scheduledRunId(escrow.now)}-0000000b.keybackup`, content, { metadata, ...more });
      const audit = await auditAt(escrow, night(1, 4));
      expect(found(audit)).toEqual([finding]);
      expect(keyIn(audit, 'payroll')?.record?.blobName).toBe(genuine);
      const later = found(await passNight(escrow, 10));
      expect(later.filter((one) => one.endsWith('payroll') || one.startsWith('record'))).toEqual([]);
    },
  );

  test('is the one in the key folder that is newest, whatever triggered it and whatever reports name', async () => {
    const escrow = await escrowAfterNight();
    escrow.now = night(0, 6);
    const requested = escrow.backUp('payroll', `${scheduledRunId(escrow.now)}-3f2a9c1e`);
    expect(keyIn(await auditAt(escrow, night(0, 7)), 'payroll')?.record?.blobName).toBe(requested);
    // A run may stand for an instant a week ago.
    escrow.now = night(0, 9);
    const backdated = escrow.backUp('payroll', scheduledRunId(night(-6)));
    expect(keyIn(await auditAt(escrow, night(0, 10)), 'payroll')?.record?.blobName).toBe(backdated);
  });

  test('says where it can be restored: another place than that of the settings is a warning, and no place is none', async () => {
    const place = { geography: 'europe', subscriptionId: 'one' };
    const escrow = startEscrow({ place }, ['cased', 'here', 'silent', 'there']);
    escrow.now = night(0);
    const saying = {
      cased: { geography: 'Europe' },
      here: { geography: 'europe' },
      silent: { securitydomain: 'x' },
      there: { geography: 'asia' },
    };
    for (const [key, claims] of Object.entries(saying))
      escrow.store.put(`vaults/contoso-prod/${key}/${scheduledRunId(night(0))}.keybackup`, 'backup', {
        metadata: { ...metadataOf(escrow, key, escrow.now), ...claims },
      });
    const { findings } = await auditAt(escrow, night(0, 0.5));
    const elsewhere = findings.filter(({ finding }) => finding === 'recordsElsewhere');
    expect(elsewhere.map(({ severity, detail }) => [severity, detail])).toEqual([['warning', '1 key: there']]);
  });

  test('under another name than its folder gives it counts for nothing', async () => {
    const escrow = startEscrow();
    escrow.now = night(0);
    for (const name of ['notes/payroll.bin', 'named/payroll', 'vaults/contoso-prod/payroll.keybackup'])
      escrow.store.put(name, 'planted', { metadata: metadataOf(escrow, 'payroll', escrow.now) });
    expect((await auditAt(escrow, night(0, 4))).totals).toMatchObject({ intact: 0 });
  });
});

describe('a copied escrow', () => {
  test('names the same newest record, says once that it is a copy, and is mended by the next night', async () => {
    const escrow = startEscrow();
    const last = await passNights(escrow, 3);
    const names = last.keys.map(({ record }) => record?.blobName);
    escrow.source = { ...escrow.source, retired: ['orders'] };
    escrow.copyEscrow();
    const audit = await auditAt(escrow, night(2, 8));
    expect(found(audit)).toEqual(['selectionNarrowed (warning)', 'recordsLate (warning)']);
    // What is retired has no next night.
    expect(audit.findings[1]?.detail).toBe('2 keys');
    expect(audit.keys.map(({ record }) => record?.blobName)).toEqual(names);
    expect(audit.keys.map(({ record }) => record?.unproven)).toEqual([undefined, undefined, undefined]);
    expect(found(await passNight(escrow, 3))).toEqual([]);
  });

  test('does not let late records pass for fresh ones, and calls one unproven whose content no audit knew', async () => {
    const escrow = await escrowAfterNight();
    escrow.copyEscrow();
    escrow.now = night(2);
    const runId = scheduledRunId(night(0, 5));
    const metadata = { ...metadataOf(escrow, 'payroll', night(0, 5)), runid: runId };
    escrow.store.put(`${folder}${runId}.keybackup`, 'planted', { metadata });
    const audit = await auditAt(escrow, night(2, 4));
    // Nor is it proven by the audit that called it so.
    for (const one of [audit, await auditAt(escrow, night(2, 5))]) {
      expect(keyIn(one, 'payroll')).toMatchObject({ status: 'stale', record: { late: true, unproven: true } });
      expect(keyIn(one, 'signing')?.record?.unproven).toBeUndefined();
    }
  });

  test('late records yield to those on time', async () => {
    const escrow = await escrowAfterNight();
    const genuine = newest(escrow).name;
    escrow.now = night(0, 5);
    const metadata = metadataOf(escrow, 'payroll', night(-300));
    escrow.store.put(`${folder}${scheduledRunId(night(0, 4.5))}-0000000b.keybackup`, 'planted', { metadata });
    expect(keyIn(await auditAt(escrow, night(0, 6)), 'payroll')?.record?.blobName).toBe(genuine);
  });
});
