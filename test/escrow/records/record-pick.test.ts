import { describe, expect, test } from 'vitest';
import type { RecordsOfKey } from '../../../src/escrow/records/record-listing.ts';
import { pickRecord } from '../../../src/escrow/records/record-pick.ts';
import { describeArchived, describePick } from '../../../src/escrow/records/record-pick-words.ts';
import { newestFirst, type StoredRecord } from '../../../src/escrow/records/stored-record.ts';
import { recordOfSigning as record } from '../../support/stored-record.ts';

const pick = (records: readonly StoredRecord[], asOf?: Date) =>
  pickRecord([...records].sort(newestFirst) as unknown as RecordsOfKey, asOf);
const night = (one: StoredRecord | undefined): string | undefined => one?.runId?.slice(6, 8);
const copiedAt = (minute: number) => ({ createdAt: new Date(Date.UTC(2026, 11, 20, 9, minute)) });

describe('the record of a key', () => {
  const nights = [record({ night: '2026-11-22' }), record({ night: '2026-11-24' }), record({ night: '2026-11-23' })];

  test('is the newest by the time of creation, and as of a time the newest that was there then', () => {
    expect(night(pick(nights).record)).toBe('24');
    expect(night(pick(nights, new Date('2026-11-23T12:00:00Z')).record)).toBe('23');
    expect(pick(nights, new Date('2026-11-01T00:00:00Z'))).toEqual({ record: undefined, passedOver: [] });
  });

  test('is ordered by its creation, whatever time of its backup it claims while it is not late', () => {
    const claims = record({
      createdAt: new Date('2026-11-24T02:20:00Z'),
      metadata: { backedupat: '2026-11-24T01:30:00Z', runid: '20261124T013000Z' },
      name: 'vaults/contoso-prod/signing/20261124T013000Z.keybackup',
    });
    expect(pick([...nights, claims]).record).toBe(claims);
    expect(pick([...nights, claims], new Date('2026-11-24T02:10:00Z')).record?.runId).toBe('20261124T020000Z');
  });

  test('of a copied escrow, in whatever order it was copied, is the newest by its backup; and that is said', () => {
    const copied = [
      record({ night: '2026-11-24', ...copiedAt(0) }),
      record({ night: '2026-11-23', ...copiedAt(1) }),
      record({ night: '2026-11-22', ...copiedAt(2) }),
    ];
    const picked = pick(copied);
    expect(night(picked.record)).toBe('24');
    expect(picked.record && describePick(picked)).toEqual([expect.stringContaining('as by a copy of the escrow')]);
    expect(night(pick(copied, new Date('2026-11-23T12:00:00Z')).record)).toBe('23');
  });

  test.each([
    ['says an old time', { backedupat: '1970-01-01T00:00:00Z' }],
    ['says no time', { backedupat: undefined }],
    ['says what is no time', { backedupat: 'soon' }],
    ['says a time after its creation', { backedupat: '2027-01-01T00:00:00Z' }],
  ])('is never a late one that %s, while there is another, as of a time too', (_says, metadata) => {
    const planted = record({
      ...copiedAt(0),
      metadata: { ...metadata, runid: '20261220T020000Z' },
      name: 'vaults/contoso-prod/signing/20261220T020000Z.keybackup',
    });
    expect(night(pick([...nights, planted]).record)).toBe('24');
    expect(night(pick([...nights, planted], new Date('2026-11-22T12:00:00Z')).record)).toBe('22');
    expect(pick([planted])).toMatchObject({ record: { blobName: planted.blobName }, allLate: true });
  });

  test.each([
    ['without a digest', { metadata: { sha256: undefined } }, 'has no "sha256"'],
    ['that is an append blob', { type: 'append' }, 'is not a block blob (append)'],
    ['that is a page blob', { type: 'page' }, 'is not a block blob (page)'],
    ['that is empty', { length: 0 }, 'is empty'],
    ['that is larger than any backup', { length: 5 * 1024 ** 3 }, 'more than any backup'],
    ['with a digest that is none', { metadata: { sha256: 'AB' } }, 'has no "sha256"'],
    ['of another key', { metadata: { keyid: 'https://contoso-prod.vault.azure.net/keys/other' } }, 'is of another key'],
    [
      'that was there before its run',
      { name: 'vaults/contoso-prod/signing/20991125T020000Z.keybackup' },
      'before its run could begin',
    ],
    ['that is being copied', { copyStatus: 'pending' }, 'has not all its bytes (pending)'],
    ['under a key that the account does not have', { customerProvidedKey: true }, 'that the account does not have'],
  ] as const)('is not a newer one %s: that is reported, and passed over', (_what, parts, said) => {
    const bad = record({ night: '2026-11-25', ...parts });
    const picked = pick([...nights, bad]);
    expect(night(picked.record)).toBe('24');
    expect(picked.record && describePick(picked)).toEqual([expect.stringContaining(said)]);
    const late = record({
      ...copiedAt(0),
      ...parts,
      metadata: { backedupat: undefined, ...('metadata' in parts ? parts.metadata : {}) },
    });
    expect(pick([...nights, late])).toMatchObject({
      record: { runId: '20261124T020000Z' },
      passedOver: [{ record: late }],
    });
    expect(pick([bad])).toMatchObject({
      record: undefined,
      passedOver: [{ obstacle: { reason: expect.stringContaining(said) } }],
    });
  });
});

describe('a record that was altered after it was written', () => {
  const altered = record({ night: '2026-11-25', lastModified: new Date('2026-11-25T02:05:00Z') });

  test('is passed over, whoever altered it', () => {
    const picked = pick([record({ night: '2026-11-24' }), altered]);
    expect(night(picked.record)).toBe('24');
    expect(picked.record && describePick(picked)).toEqual([
      expect.stringContaining('was altered after it was written'),
    ]);
  });

  test('is better than nothing, which is said', () => {
    const picked = pick([altered]);
    expect(night(picked.record)).toBe('25');
    expect(picked.record && describePick(picked)).toEqual([expect.stringContaining('Every record')]);
  });
});

test('a record named by a run of long ago yields to all others, for the daily look does not reach it', () => {
  const genuine = record({ night: '2026-11-24' });
  const planted = record({ night: '2026-11-25', name: 'vaults/contoso-prod/signing/20201125T020000Z.keybackup' });
  expect(night(pick([genuine, planted]).record)).toBe('24');
  expect(pick([planted]).record).toBe(planted);
});

describe('an archived record', () => {
  const wordsOf = (picked: ReturnType<typeof pick>) => {
    if (picked.record === undefined || picked.archived === undefined) throw new Error('not archived');
    return describeArchived(picked.record, picked.archived, 'https://contoso.blob.core.windows.net/key-escrow');
  };
  const archived = record({ night: '2026-11-23', tier: 'Archive' });
  const [older, newer] = [record({ night: '2026-11-22' }), record({ night: '2026-11-24', tier: 'Cool' })];

  test('is chosen, with what can be read at once instead, and the way to bring it back', () => {
    const picked = pick([older, newer, archived], new Date('2026-11-23T12:00:00Z'));
    expect([night(picked.record), picked.record && night(picked.archived?.newer)]).toEqual(['23', '24']);
    const { reason, remedy } = wordsOf(picked);
    expect(reason).toContain('is in the archive tier');
    expect(remedy).toContain(`A newer one can be restored now: --blob-name ${newer.blobName}.`);
    expect(remedy).toContain(
      `az storage blob set-tier --account-name contoso --container-name key-escrow --name ${archived.blobName} --tier Hot`,
    );
  });

  test('on its way back is waited for', () => {
    const coming = record({ tier: 'Archive', archiveStatus: 'rehydrate-pending-to-hot' });
    const { remedy } = wordsOf(pick([coming]));
    expect(remedy).toContain('on its way back (rehydrate-pending-to-hot)');
    expect(remedy).not.toContain('set-tier');
  });
});
