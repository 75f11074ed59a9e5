import { beforeEach, describe, expect, test } from 'vitest';
import { findNewestRecord, type RecordClaim } from '../../../src/escrow/audit/newest-records.ts';
import { readOutcomes } from '../../../src/escrow/audit/recent-outcomes.ts';
import { recordName } from '../../../src/escrow/records/blob-names.ts';
import { sha256Of } from '../../../src/escrow/records/put-once.ts';
import { listRuns } from '../../../src/escrow/records/stored-run.ts';
import { type AuditWorld, createAuditWorld, day, hour } from '../../support/audit-world.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';

const source = escrowSource('vault', 'contoso-prod');
const dayOne = Date.parse('2026-11-20T02:00:00Z');
const ids = ['20261120T020000Z', '20261121T020000Z', '20261122T020000Z'];
let world: AuditWorld;

beforeEach(() => {
  world = createAuditWorld(source, new Date(dayOne - day));
  world.addKey('signing');
  for (let index = 0; index < 3; index++) world.night(new Date(dayOne + index * day));
  world.now = new Date(dayOne + 2 * day + 4 * hour);
  world.requests = 0;
});

const nameOf = (index: number): string => recordName(source, 'signing', ids[index] ?? '');

function claim(index: number, more: Partial<RecordClaim> = {}): RecordClaim {
  const bytes = Buffer.from(`signing ${ids[index]}`);
  const saidAt = new Date(dayOne + index * day + 60_000);
  return { blobName: nameOf(index), bytes: bytes.length, sha256: sha256Of(bytes), saidBy: 'a report', saidAt, ...more };
}

const find = (claims: readonly RecordClaim[], freshSince = new Date(world.now.getTime() - 26 * hour)) =>
  findNewestRecord(world.container, { source, key: 'signing', claims, freshSince }, noLimit);

describe('the newest record of a key', () => {
  test('is what the newest claim names, for one request, when it is there, whole and young', async () => {
    const { record, faults } = await find([claim(1), claim(2)]);
    expect([record?.blobName, faults, world.requests]).toEqual([nameOf(2), [], 1]);
  });

  test('is looked for among the records of the key when nobody names a young one', async () => {
    for (const claims of [[], [claim(1)]]) {
      world.requests = 0;
      const { record, faults } = await find(claims);
      expect([record?.blobName, faults, world.requests]).toEqual([nameOf(2), [], 1]);
    }
  });

  test('is the one before when the named one is missing, and that is said', async () => {
    world.lose(nameOf(2));
    const { record, faults } = await find([claim(2)]);
    expect(record?.blobName).toBe(nameOf(1));
    expect(faults).toEqual([{ fault: 'missing', blobName: nameOf(2), claim: claim(2) }]);
  });

  test('is never one that was there before its run could begin, and that is said', async () => {
    const tomorrow = recordName(source, 'signing', '20261123T020000Z');
    world.forge(tomorrow, 'forged', world.now, { keyid: 'https://contoso-prod.vault.azure.net/keys/signing' });
    const tooEarly = { fault: 'tooEarly', blobName: tomorrow, createdAt: world.now };
    expect(await find([])).toMatchObject({ record: { blobName: nameOf(2) }, faults: [tooEarly] });
    // A run that took it for its own names it in its report.
    const named = claim(2, { blobName: tomorrow, bytes: 6, sha256: sha256Of(Buffer.from('forged')) });
    expect(await find([named])).toMatchObject({ record: { blobName: nameOf(2) }, faults: [tooEarly] });
  });

  test.each([
    ['of another key', 'vaults/contoso-prod/payroll/20261122T020000Z.keybackup'],
    ['of another source', 'vaults/contoso-web/signing/20261122T020000Z.keybackup'],
    ['under a chosen name', 'mine/signing.keybackup'],
    ['that is no record', 'vaults/contoso-prod/signing/readme.txt'],
  ])('is never a blob %s, whoever names it', async (_, blobName) => {
    world.forge(blobName, 'anything at all', world.now, { keyid: 'https://contoso-prod.vault.azure.net/keys/signing' });
    const bytes = Buffer.from('anything at all');
    const named = claim(2, { blobName, bytes: bytes.length, sha256: sha256Of(bytes), saidAt: world.now });
    expect(await find([named])).toMatchObject({
      record: { blobName: nameOf(2) },
      faults: [{ fault: 'foreign', blobName, saidBy: 'a report' }],
    });
  });

  test.each([
    ['another key', 'https://contoso-prod.vault.azure.net/keys/payroll'],
    ['a key of another source', 'https://contoso-web.vault.azure.net/keys/signing'],
    ['no key', 'signing'],
  ])('is never one whose metadata name %s', async (_, keyid) => {
    const foreign = recordName(source, 'signing', '20261122T030000Z');
    world.forge(foreign, 'foreign', world.now, { keyid });
    expect(await find([])).toMatchObject({
      record: { blobName: nameOf(2) },
      faults: [{ fault: 'foreign', blobName: foreign }],
    });
  });

  test('is never an empty one, though a report says so', async () => {
    const empty = recordName(source, 'signing', '20261122T030000Z');
    world.forge(empty, '', world.now, { keyid: 'https://contoso-prod.vault.azure.net/keys/signing' });
    const named = claim(2, { blobName: empty, bytes: 0, sha256: sha256Of(Buffer.from('')), saidAt: world.now });
    expect((await find([named])).record?.blobName).toBe(nameOf(2));
  });

  test('is never one whose metadata have lost the digest, because a restore refuses it', async () => {
    const blob = world.blobs.get(nameOf(2));
    if (blob !== undefined) world.blobs.set(nameOf(2), { ...blob, metadata: { runid: ids[2] ?? '' } });
    expect((await find([])).record?.blobName).toBe(nameOf(1));
    expect(await find([claim(2)])).toMatchObject({ record: { blobName: nameOf(1) }, faults: [{ fault: 'altered' }] });
  });

  test('is never one of another length or digest than was said', async () => {
    const short = await find([claim(2, { bytes: 7 })]);
    expect(short.record?.blobName).toBe(nameOf(1));
    expect(short.faults).toMatchObject([{ fault: 'altered', found: { bytes: claim(2).bytes } }]);
    const other = await find([claim(2, { sha256: 'f'.repeat(64) })]);
    expect(other.record?.blobName).toBe(nameOf(1));
    expect(other.faults).toMatchObject([{ fault: 'altered' }]);
  });

  test('is told by the time that storage created it, never by its name', async () => {
    const late = world.blobs.get(nameOf(0));
    if (late !== undefined) world.blobs.set(late.name, { ...late, createdAt: world.now });
    expect((await find([])).record?.blobName).toBe(nameOf(0));
  });

  test('is none when the key has none', async () => {
    for (let index = 0; index < 3; index++) world.lose(nameOf(index));
    expect(await find([])).toEqual({ record: undefined, faults: [] });
  });
});

describe('the reports of a period', () => {
  const read = async (from: number) => {
    const runs = await listRuns(world.container, new Date(from), world.now, noLimit);
    const outcomes = await readOutcomes(world.container, runs, () => true, noLimit);
    return { runs, history: outcomes.get('vaults/contoso-prod') };
  };

  test('name the newest record, in whatever order they arrive', async () => {
    const { history } = await read(dayOne - day);
    expect(history?.keys.get('signing')?.claim?.blobName).toBe(nameOf(2));
    expect(history?.reports.size).toBe(3);
  });

  test('leave out runs that ended before, and find one whose run time is a week older than its making', async () => {
    expect((await read(dayOne + day)).runs.map(({ runId }) => runId)).toEqual(ids.slice(1));
    world.night(new Date(dayOne - 5 * day));
    for (const [name, blob] of world.blobs) {
      if (name.includes('20261115')) world.blobs.set(name, { ...blob, createdAt: new Date(dayOne + 2 * day + hour) });
    }
    world.now = new Date(dayOne + 2 * day + 4 * hour);
    expect((await read(dayOne + day)).runs.map(({ runId }) => runId)).toContain('20261115T020000Z');
  });

  test('say why a key failed until a later one says otherwise', async () => {
    world.night(new Date(dayOne + 3 * day), { fail: ['signing'] });
    expect((await read(dayOne)).history?.keys.get('signing')).toMatchObject({
      claim: { blobName: nameOf(2) },
      lastFailure: { message: 'Cannot back up key "signing": signing failed. Do y.' },
    });
    world.night(new Date(dayOne + 4 * day));
    expect((await read(dayOne)).history?.keys.get('signing')?.lastFailure).toBeUndefined();
  });

  test('that are no reports, or of another run, are named and not believed', async () => {
    const [first, second] = [...world.blobs.values()].filter(({ name }) => /^runs\/.*json$/.test(name));
    if (first === undefined || second === undefined) throw new Error('no reports');
    world.blobs.set(second.name, { ...second, bytes: first.bytes });
    const { history } = await read(dayOne - day);
    expect(history?.unreadable).toEqual([second.name]);
  });

  test('that name anything but keys are not followed', async () => {
    const [name = ''] = [...world.blobs.keys()].filter((one) => /^runs\/.*json$/.test(one));
    const blob = world.blobs.get(name);
    const forged = Buffer.from(
      Buffer.from(blob?.bytes ?? '')
        .toString()
        .replace('"key":"signing"', '"key":"../../audits"'),
    );
    if (blob !== undefined) world.blobs.set(name, { ...blob, bytes: forged });
    expect([...((await read(dayOne - day)).history?.keys.keys() ?? [])]).toEqual(['signing']);
  });
});
