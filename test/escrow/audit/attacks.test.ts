import { describe, expect, test } from 'vitest';
import { verifyChain } from '../../../src/escrow/audit/verify-chain.ts';
import { findingMessage } from '../../../src/escrow/model/finding.ts';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import type { StoredBlob } from '../../../src/escrow/ports/escrow-store.ts';
import { chooseRecord } from '../../../src/escrow/records/record-choice.ts';
import { found, keyIn } from '../../support/audit-findings.ts';
import { auditAt, night, passNight, passNights, startEscrow } from '../../support/audit-nights.ts';
import type { AuditWorld } from '../../support/audit-world.ts';
import { noLimit, publicSuffixes } from '../../support/escrow-sources.ts';

// Attacks and accidents, each with what the identity could really do: the backup identity adds blobs to the escrow's container and
// nothing else; people delete, rotate and restore keys; an administrator alters and removes.

const folder = 'vaults/contoso-prod/payroll/';

const payroll = { keyid: 'https://contoso-prod.vault.azure.net/keys/payroll' };

function newest(escrow: AuditWorld, prefix = folder): StoredBlob & { readonly bytes: Uint8Array } {
  const blob = [...escrow.store.blobs.values()].filter(({ name }) => name.startsWith(prefix)).at(-1);
  if (blob === undefined) throw new Error(`there is no ${prefix}`);
  return blob;
}

function metadataOf(escrow: AuditWorld, key: string, backedUpAt: Date, sha256 = 'ab'.repeat(32)) {
  return { keyid: escrow.snapshot(key).id, sha256, backedupat: backedUpAt.toISOString() };
}

describe('a key that was replaced', () => {
  test('is a gap that names the last record of the old key, whose witnesses stay', async () => {
    const escrow = startEscrow();
    escrow.rotate('payroll');
    escrow.rotate('payroll');
    await passNight(escrow, 0);
    const before = keyIn(await passNight(escrow, 1), 'payroll')?.versions?.known ?? [];
    const last = newest(escrow).name;
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
    expect(found(await auditAt(escrow, night(0, 4)))).toEqual([
      'keyReplaced payroll',
      'changedSinceBackup payroll (warning)',
    ]);
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
    const escrow = startEscrow();
    await passNight(escrow, 0);
    const { versions, ...rest } = escrow.snapshot('payroll');
    escrow.keys.delete('payroll');
    expect(found(await passNight(escrow, 1))).toEqual(['keyGone payroll']);
    escrow.restore({ ...rest, versions });
    expect(found(await passNight(escrow, 2))).toEqual([]);
  });

  test('and a vault that shows no version of it, which is absence and not a loss of versions', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    escrow.restore({ ...escrow.snapshot('payroll'), updatedAt: night(0, 5), versions: [] });
    const audit = await passNight(escrow, 1);
    expect(found(audit).filter((one) => /Replaced|RolledBack/.test(one))).toEqual([]);
    expect(keyIn(audit, 'payroll')?.versions?.known).toHaveLength(1);
  });
});

describe('a key that changed after its newest backup', () => {
  test('is a warning that counts, and a gap once the change is older than the maximal age', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
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

  test('is not hidden by a record that claims to have been made later than it came', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    const runId = scheduledRunId(night(0, 5));
    escrow.now = night(0, 5);
    const metadata = metadataOf(escrow, 'payroll', new Date('9999-12-31T00:00:00Z'));
    escrow.store.put(`${folder}${runId}-0000000b.keybackup`, 'planted', { metadata });
    escrow.now = night(0, 8);
    escrow.rotate('payroll');
    expect(found(await auditAt(escrow, night(0, 9)))).toContain('changedSinceBackup payroll (warning)');
  });
});

describe('a record that was planted for it', () => {
  test('before a key changes, with a time of backup that is still to come, does not hide the change', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
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
    const picked = await chooseRecord(
      escrow.store,
      publicSuffixes,
      { source: escrow.source, keyName: 'payroll' },
      noLimit,
    );
    expect(picked.record.blobName).toBe(genuine);
  });
});

describe('what a record is', () => {
  test('altered in place, with the same length and metadata, is a gap, and it never counts again', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    const { name, metadata, createdAt, length, bytes } = newest(escrow);
    escrow.store.put(name, Buffer.alloc(length, 'x'), { metadata, createdAt, lastModified: escrow.now });
    expect(found(await auditAt(escrow, night(0, 5)))).toContain('recordAltered payroll');
    escrow.store.put(name, bytes, { metadata, createdAt, lastModified: escrow.now });
    expect(keyIn(await auditAt(escrow, night(0, 6)), 'payroll')?.record).toBeUndefined();
  });

  test('altered before any audit saw it, moments after it was written, is recognised by the time of its last change', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
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
    const escrow = startEscrow();
    await passNights(escrow, 6);
    const old = [...escrow.store.blobs.keys()].find((name) => name.startsWith(folder)) ?? '';
    escrow.store.lose(old);
    const audit = await passNight(escrow, 6);
    expect(found(audit)).toEqual(['olderRecordsAltered payroll']);
    expect(found(await passNight(escrow, 7))).toEqual([]);
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
  });

  test.each([
    ['an append blob', { type: 'append' as const }, 'recordNotBlockBlob payroll'],
    ['without digest', { metadata: { backedupat: night(1, 3).toISOString() } }, 'recordForeign payroll'],
    ['of another key', { key: 'signing' }, 'recordForeign payroll'],
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
    },
  );

  test('is the one in the key folder that is newest, whatever triggered it and whatever reports name', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    escrow.now = night(0, 6);
    const requested = escrow.backUp('payroll', `${scheduledRunId(escrow.now)}-3f2a9c1e`);
    expect(keyIn(await auditAt(escrow, night(0, 7)), 'payroll')?.record?.blobName).toBe(requested);
    // A run may stand for an instant a week ago.
    escrow.now = night(0, 9);
    const backdated = escrow.backUp('payroll', scheduledRunId(night(-6)));
    expect(keyIn(await auditAt(escrow, night(0, 10)), 'payroll')?.record?.blobName).toBe(backdated);
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
    escrow.copyEscrow();
    const audit = await auditAt(escrow, night(2, 8));
    expect(found(audit)).toEqual(['recordsLate (warning)']);
    expect(audit.findings[0]?.detail).toBe('3 keys');
    expect(audit.keys.map(({ record }) => record?.blobName)).toEqual(names);
    expect(audit.keys.map(({ record }) => record?.unproven)).toEqual([undefined, undefined, undefined]);
    expect(found(await passNight(escrow, 3))).toEqual([]);
  });

  test('does not let late records pass for fresh ones, and calls one unproven whose content no audit knew', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    escrow.copyEscrow();
    escrow.now = night(2);
    const runId = scheduledRunId(night(0, 5));
    const metadata = { ...metadataOf(escrow, 'payroll', night(0, 5)), runid: runId };
    escrow.store.put(`${folder}${runId}.keybackup`, 'planted', { metadata });
    const audit = await auditAt(escrow, night(2, 4));
    expect(keyIn(audit, 'payroll')).toMatchObject({ status: 'stale', record: { late: true, unproven: true } });
    expect(keyIn(audit, 'signing')?.record?.unproven).toBeUndefined();
  });

  test('late records yield to those on time', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    const genuine = newest(escrow).name;
    escrow.now = night(0, 5);
    const metadata = metadataOf(escrow, 'payroll', night(-300));
    escrow.store.put(`${folder}${scheduledRunId(night(0, 4.5))}-0000000b.keybackup`, 'planted', { metadata });
    expect(keyIn(await auditAt(escrow, night(0, 6)), 'payroll')?.record?.blobName).toBe(genuine);
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
    const escrow = startEscrow();
    await passNight(escrow, 0);
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

  test('a chain in which an audit was altered or removed is broken', async () => {
    const escrow = startEscrow();
    await passNights(escrow, 4);
    const followed = async () => (await verifyChain(escrow.audits, noLimit)).findings.map(findingMessage);
    expect(await followed()).toEqual([]);
    const [, second] = [...escrow.audits.blobs.values()].filter(({ name }) => name.endsWith('.json'));
    if (second === undefined) throw new Error('no audit');
    const { createdAt } = second;
    const altered = Buffer.from(second.bytes).toString().replace('"maxAgeHours":26', '"maxAgeHours":99');
    escrow.audits.put(second.name, altered, { createdAt });
    expect(await followed()).toEqual([
      expect.stringContaining(`An audit is not what its successor says (${second.name}`),
    ]);
    escrow.audits.lose(second.name);
    expect(await followed()).toEqual([
      expect.stringContaining(`An audit is gone that its successor names (${second.name}`),
    ]);
  });
});

describe('what somebody can pile up', () => {
  const pile = 100_001;

  test('requests that were refused are counted, never read, and stop nothing', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    for (let index = 0; index < pile; index++) escrow.store.put(`requests/2026-11-01/${index}.json`, '{}');
    const audit = await passNight(escrow, 1);
    expect(found(audit)).toEqual(['requestsNotCarriedOut (warning)', 'tooManyBlobs (warning)']);
    expect(audit.totals).toMatchObject({ keys: 3, intact: 3 });
    expect(escrow.requests()).toBeLessThan(100);
  });

  test('reports and markers of valid runs stop nothing either', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    for (let index = 0; index < pile; index++) {
      const runId = `${scheduledRunId(new Date(night(0, 5).getTime() + index * 500))}-${String(index).padStart(8, '0')}`;
      escrow.store.put(`runs/${runId}/vaults/contoso-prod.json`, '{}');
    }
    const audit = await passNight(escrow, 1);
    expect(audit.totals).toMatchObject({ keys: 3, intact: 3 });
    expect(found(audit)).toEqual(expect.arrayContaining(['tooManyBlobs (warning)', 'reportUnreadable (warning)']));
    expect(escrow.requests()).toBeLessThan(300);
  });

  /** More blobs in the folder of a key than an audit looks at, named by one run. */
  function fill(escrow: AuditWorld, runTime: Date): void {
    const metadata = metadataOf(escrow, 'payroll', escrow.now);
    for (let index = 0; index < pile; index++) {
      const runId = `${scheduledRunId(runTime)}-${String(index).padStart(8, '0')}`;
      escrow.store.put(`${folder}${runId}.keybackup`, 'planted', { metadata });
    }
  }

  test('records of one key keep that key from being looked at, which is a gap, and no other, until a day is over', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    escrow.now = night(0, 20);
    fill(escrow, escrow.now);
    const audit = await passNight(escrow, 1);
    expect(found(audit)).toEqual(['notLookedAt']);
    expect(audit.findings[0]?.detail).toContain('1 key: payroll');
    expect(audit.keys.map(({ status }) => status)).toEqual(['fresh', 'notLookedAt', 'fresh']);
    const later = await passNight(escrow, 2);
    expect(found(later)).toEqual(['tooManyBlobs payroll (warning)']);
    expect(keyIn(later, 'payroll')?.record?.blobName).toBe(newest(escrow).name);
  });

  test.each([
    ['that are long over', -300],
    ['that are still to come', 300],
  ])('records named by runs %s neither hide the newest one nor that it was altered', async (_, days) => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    escrow.now = night(0, 20);
    fill(escrow, night(days));
    const audit = await passNight(escrow, 1);
    expect(found(audit)).toContain('tooManyBlobs payroll (warning)');
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
    expect(replaced?.detail).toContain(folder);
  });

  test('large reports are read as far as two gigabytes go, and none of a source that nobody configured', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
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
    const escrow = startEscrow();
    await passNight(escrow, 0);
    for (let index = 0; index < 2000; index++)
      escrow.store.put(`vaults/contoso-prod/ghost-${index}/${scheduledRunId(night(0, 5))}.keybackup`, 'planted');
    escrow.store.put(`vaults/nobody/a/${scheduledRunId(night(0, 5))}.keybackup`, 'planted');
    const audit = await passNight(escrow, 1);
    expect(found(audit)).toEqual(['recordsOfUnknownKeys (warning)', 'recordsOfUnknownKeys (warning)']);
    expect(audit.findings[0]?.detail).toMatch(/^2000 keys: .*, and 1990 more$/);
    expect(audit.findings[1]?.detail).toBe('vaults/nobody');
  });

  test('a report with counts that cannot be, or of 9999, makes no audit that cannot be saved', async () => {
    const escrow = startEscrow();
    escrow.night(night(0));
    const [name, report] = [...escrow.store.blobs].find(([one]) => one.endsWith('contoso-prod.json')) ?? [];
    const { createdAt } = report ?? {};
    const text = Buffer.from(report?.bytes ?? '').toString();
    for (const [from, to] of [
      ['"considered":3', '"considered":9007199254740991'],
      ['"throttled":0', '"throttled":9007199254740991'],
    ])
      escrow.store.put(`${name?.replace('.json', '')}.2.json`, text.replace(from ?? '', to ?? ''), {
        createdAt: createdAt ?? night(0),
      });
    expect((await auditAt(escrow, night(0, 4))).totals).toMatchObject({ intact: 3 });
    expect(found(await passNight(escrow, 1))).toEqual([]);
  });

  test('and an audit whose time has run out reports what it has not looked at', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
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
    expect(found(audit)).toContain('notLookedAt');
    expect(audit.status).toBe('gaps');
  });
});

describe('side blobs that cannot be read', () => {
  test('archived reports and receipts are notes, and stop nothing', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
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

describe('drills', () => {
  const begun = (at: Date) => `drills/${scheduledRunId(at)}.journal.json`;

  test('that began and left no receipt are a gap, once they cannot be under way any more', async () => {
    const escrow = startEscrow();
    await passNight(escrow, 0);
    escrow.now = night(0, 5);
    escrow.drills.put(begun(escrow.now), '{}');
    expect(found(await auditAt(escrow, night(0, 5.5)))).toEqual([]);
    expect(found(await auditAt(escrow, night(0, 7)))).toEqual(['drillOpen']);
    escrow.drills.put(begun(night(0, 5)).replace('.journal', ''), '{}');
    expect(found(await auditAt(escrow, night(0, 8)))).toEqual(['receiptUnreadable (warning)']);
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
  expect(found(await passNight(escrow, 1))).toEqual(['notWriteOnce']);
  escrow.copyEscrow();
  expect(found(await passNight(escrow, 2))).toEqual([]);
});
