import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runNamedKey } from '../../../src/escrow/run/key-run.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { jobOf, prod, putTheirs, runId, scene, textOf, usualName } from '../../support/key-run-scene.ts';
import { createMemoryStore, storageError } from '../../support/memory-store.ts';
import { endOf, mortal } from '../../support/mortal-process.ts';
import { runPorts } from '../../support/run-ports.ts';
import { createScriptedKeySource } from '../../support/scripted-key-source.ts';

describe('one key by name', () => {
  test('is escrowed under its usual name, with one read and one backup, and needs no report', async () => {
    const { keys, store, ports, run } = scene({ name: 'Signing' });
    expect(await run('signing')).toMatchObject({ key: 'Signing', outcome: 'escrowed', blobName: usualName });
    expect([keys.reads, keys.backups]).toEqual([['signing'], ['Signing']]);
    expect([...store.blobs.keys()]).toEqual([usualName]);
    expect(store.blobs.get(usualName)?.metadata).toMatchObject({ trigger: 'request', runid: runId });
    expect(ports.lines).toMatchObject([{ level: 'info', event: { event: 'escrow.key.escrowed', already: false } }]);
  });

  test('whose backup is cut short is kept as it came, said to be of no known form, with a warning', async () => {
    const { store, ports, run } = scene({ name: 'signing', backup: 'cutShort' });
    expect(await run('signing')).toMatchObject({ outcome: 'escrowed', unknownFormat: true });
    expect(store.blobs.get(usualName)?.metadata).toMatchObject({ format: 'unknown' });
    expect(ports.lines).toMatchObject([
      { level: 'warn', event: { event: 'escrow.key.escrowed', unknownFormat: true } },
    ]);
  });

  test('is escrowed under the chosen name only', async () => {
    const { store, run } = scene({ name: 'signing' });
    expect(await run('signing', { blobName: 'mine/signing' })).toMatchObject({ outcome: 'escrowed' });
    expect([...store.blobs.keys()]).toEqual(['named/mine/signing']);
  });

  test('that the selection excludes is escrowed for a person, and skipped for an event', async () => {
    const { keys, run } = scene({ name: 'tmp-1' });
    expect(await run('tmp-1', { obeysSelection: true })).toMatchObject({ outcome: 'skipped', reason: 'excluded' });
    expect(keys.backups).toEqual([]);
    expect(await run('tmp-1')).toMatchObject({ outcome: 'escrowed' });
  });

  test('that is certificate-backed is skipped, not failed, without a backup call', async () => {
    const { keys, ports, run } = scene({ name: 'web', certificateBacked: true });
    expect(await run('web')).toMatchObject({ outcome: 'skipped', reason: 'certificateBacked' });
    expect(keys.backups).toEqual([]);
    expect(ports.lines).toMatchObject([{ level: 'warn' }]);
  });

  test('that is not there fails by name, and so does one whose backup fails', async () => {
    const { ports, run } = scene({ name: 'a', backup: 'fails' });
    expect(await run('missing')).toMatchObject({ outcome: 'failed', code: 'KeyNotFound', key: 'missing' });
    expect(await run('a')).toMatchObject({ outcome: 'failed', code: 'InternalServerError' });
    expect(ports.lines).toMatchObject([{ level: 'error' }, { level: 'error', event: { key: 'a' } }]);
  });

  test('under what-if is named and nothing is written', async () => {
    const { keys, store, run } = scene({ name: 'signing' });
    expect(await run('signing', { whatIf: true })).toMatchObject({ outcome: 'wouldEscrow', blobName: usualName });
    expect([keys.backups.length, store.blobs.size]).toEqual([0, 0]);
  });
});

describe('a name that is taken', () => {
  test('is refused without force, before any backup, and what is there stays', async () => {
    const { keys, store, run } = scene({ name: 'signing' });
    putTheirs(store, 'named/mine');
    const outcome = await run('signing', { blobName: 'mine' });
    expect(outcome).toMatchObject({
      outcome: 'failed',
      code: 'blobNameTaken',
      reason: expect.stringContaining('written by run another'),
    });
    expect(keys.backups).toEqual([]);
    expect(textOf(store, 'named/mine')).toBe('theirs');
  });

  test('is foreseen under what-if: refused without force, free with it, and nothing is written', async () => {
    const { store, keys, run } = scene({ name: 'signing' });
    putTheirs(store, 'named/mine');
    const names = [...store.blobs.keys()];
    const whatIf = { blobName: 'mine', whatIf: true };
    expect(await run('signing', whatIf)).toMatchObject({ outcome: 'failed', code: 'blobNameTaken' });
    expect(await run('signing', { ...whatIf, force: true })).toMatchObject({ outcome: 'wouldEscrow' });
    expect([keys.backups, [...store.blobs.keys()]]).toEqual([[], names]);
  });

  test('is replaced with force, where the identity may', async () => {
    const { store, run } = scene({ name: 'signing' });
    putTheirs(store, 'named/mine');
    expect(await run('signing', { blobName: 'mine', force: true })).toMatchObject({ outcome: 'escrowed' });
    expect(textOf(store, 'named/mine')).toMatch(/^&AzureKeyVaultKeyBackupV1/);
    expect(store.blobs.get('named/mine')?.metadata).toMatchObject({
      runid: runId,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test.each([
    [403, 'AuthorizationPermissionMismatch'],
    [409, 'BlobImmutableDueToPolicy'],
  ])('is refused with force and the remedy, where the identity may not (%i %s)', async (statusCode, code) => {
    const { store, keys } = scene({ name: 'signing' });
    putTheirs(store, 'named/mine');
    const force = (answer: { readonly statusCode: number; readonly code: string }) => {
      const replace = () => Promise.reject(storageError(answer));
      return runNamedKey(jobOf('signing', { blobName: 'mine', force: true }), runPorts(keys, { ...store, replace }));
    };
    expect(await force({ statusCode, code })).toMatchObject({
      outcome: 'failed',
      code: 'overwriteRefused',
      remedy: expect.stringContaining('write-once for this identity'),
    });
    // That may succeed later, so it must not pass for a refusal that no retry can mend.
    expect(await force({ statusCode: 503, code: 'ServerBusy' })).toMatchObject({ code: 'ServerBusy' });
    expect(textOf(store, 'named/mine')).toBe('theirs');
  });

  test('while the backup is under way is refused without force, and replaced with it', async () => {
    const { keys, store } = scene({ name: 'signing' });
    const run = (blobName: string, force: boolean) => {
      const create: typeof store.create = (blob, deadline) => {
        putTheirs(store, `named/${blobName}`);
        return store.create(blob, deadline);
      };
      return runNamedKey(jobOf('signing', { blobName, force }), runPorts(keys, { ...store, create }));
    };
    expect(await run('mine', false)).toMatchObject({ outcome: 'failed', code: 'blobNameTaken' });
    expect(textOf(store, 'named/mine')).toBe('theirs');
    expect(await run('other', true)).toMatchObject({ outcome: 'escrowed', blobName: 'named/other' });
    expect(textOf(store, 'named/other')).toMatch(/^&AzureKeyVaultKeyBackupV1/);
  });

  test('by this very request means that it is done, with force too', async () => {
    const { keys, store, run } = scene({ name: 'signing' });
    await run('signing', { force: true });
    const first = store.blobs.get(usualName);
    expect(await run('signing', { force: true })).toMatchObject({ outcome: 'alreadyEscrowed' });
    expect(store.blobs.get(usualName)).toBe(first);
    expect(keys.backups).toEqual(['signing']);
  });

  test.each([
    ['the same key by another run', { keyid: 'https://contoso-prod.vault.azure.net/keys/signing', runid: 'another' }],
    ['another key by this run', { keyid: 'https://contoso-prod.vault.azure.net/keys/payroll', runid: runId }],
    ['nobody knows what', {}],
  ])('by a record of %s is taken, not already escrowed', async (_, metadata) => {
    const { store, run } = scene({ name: 'signing' });
    store.put('named/mine', 'theirs', { metadata });
    expect(await run('signing', { blobName: 'mine' })).toMatchObject({ code: 'blobNameTaken' });
    expect(textOf(store, 'named/mine')).toBe('theirs');
  });

  test('cannot be looked at: the key fails, nothing is backed up', async () => {
    const { keys, store } = scene({ name: 'signing' });
    const code = 'AuthorizationFailure';
    const refuse = () => Promise.reject(storageError({ statusCode: 403, code }));
    const blind = { ...store, find: refuse, list: () => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) }) };
    for (const asked of [{}, { blobName: 'mine' }]) {
      const outcome = await runNamedKey(jobOf('signing', asked), runPorts(keys, blind));
      expect(outcome).toMatchObject({ outcome: 'failed', code });
    }
    expect(keys.backups).toEqual([]);
  });
});

test.each([{}, { blobName: 'mine' }, { blobName: 'mine', force: true }])(
  'a key whose time runs out during its backup has its record all the same (%j)',
  async (asked) => {
    const { keys, store } = scene({ name: 'signing' });
    if ('force' in asked) await putTheirs(store, 'named/mine');
    const softDeadline = new AbortController();
    const backUpKey: typeof keys.backUpKey = async (name, signal) => {
      const backup = await keys.backUpKey(name, signal);
      softDeadline.abort();
      return backup;
    };
    const time = { softDeadline: softDeadline.signal, hardDeadline: noLimit };
    const outcome = await runNamedKey(jobOf('signing', asked), runPorts({ ...keys, backUpKey }, store, time));
    expect(outcome).toMatchObject({ outcome: 'escrowed' });
  },
);

describe('what settles a request', () => {
  const changedAt = new Date('2026-11-24T02:00:00Z');
  const before = new Date(changedAt.getTime() - 1000);
  const keyId = 'https://contoso-prod.vault.azure.net/keys/signing';
  /** A key that changed at a time, and a store with one record of this very run. */
  async function withRecord(metadata: Readonly<Record<string, string>>, number = '', updatedAt = changedAt) {
    const keys = createScriptedKeySource({ source: prod, pages: [[{ name: 'signing', updatedAt }]], now: changedAt });
    const store = createMemoryStore();
    const name = usualName.replace('.keybackup', `${number}.keybackup`);
    const own = { keyid: keyId, runid: runId, trigger: 'request', sha256: 'ab'.repeat(32), ...metadata };
    store.put(name, 'x', { metadata: own });
    const run = (more = {}) => runNamedKey(jobOf('signing', more), runPorts(keys, store));
    return { name, keys, store, run };
  }
  const numbered = (number: number) => usualName.replace('.keybackup', `.${number}.keybackup`);

  test('is a record of this run whose backup is not older than the last change of the key', async () => {
    const { run, keys, name } = await withRecord({ backedupat: changedAt.toISOString() });
    expect(await run()).toMatchObject({ outcome: 'alreadyEscrowed', blobName: name });
    expect(keys.backups).toEqual([]);
  });

  test.each([
    ['the key changed since', { backedupat: before.toISOString() }],
    ['it does not say when the vault made it', {}],
    ['it says a time that is none', { backedupat: 'yesterday' }],
    ['it says a time after its own creation', { backedupat: '9999-12-31T00:00:00.000Z' }],
    ['it was imported', { backedupat: changedAt.toISOString(), trigger: 'import' }],
    ['another run wrote it', { backedupat: changedAt.toISOString(), runid: '20261123T020000Z' }],
    ['nobody can check the bytes', { backedupat: changedAt.toISOString(), sha256: '' }],
    ['it is of another key', { backedupat: changedAt.toISOString(), keyid: keyId.replace('signing', 'payroll') }],
  ])('is no record of which %s: the key is backed up under the next free number', async (_, metadata) => {
    const { run, store, name } = await withRecord(metadata);
    expect(await run({ whatIf: true })).toMatchObject({ outcome: 'wouldEscrow', blobName: numbered(2) });
    const outcome = await run();
    expect(outcome).toMatchObject({ outcome: 'escrowed', blobName: numbered(2) });
    expect(outcome).not.toHaveProperty('unexpectedRecord');
    expect(textOf(store, name)).toBe('x');
    expect(store.blobs.get(numbered(2))?.metadata.backedupat).toBe(changedAt.toISOString());
    expect(await run()).toMatchObject({ outcome: 'alreadyEscrowed', blobName: numbered(2) });
    expect(store.blobs.size).toBe(2);
  });

  test('is no append blob and nothing empty: an audit counts neither', async () => {
    for (const more of [{ type: 'append' }, { length: 0 }] as const) {
      const { run, store, name } = await withRecord({ backedupat: changedAt.toISOString() });
      store.put(name, 'x', { ...store.blobs.get(name), ...more });
      expect(await run()).toMatchObject({ outcome: 'escrowed', blobName: numbered(2) });
    }
  });

  test('is no record that was there before its run could begin', async () => {
    const foreseen = new Date(Date.parse('2026-11-24T01:59:07Z') - 11 * 60_000);
    const { run, store, name } = await withRecord({ backedupat: foreseen.toISOString() }, '', foreseen);
    store.put(name, 'x', { ...store.blobs.get(name), createdAt: foreseen });
    expect(await run()).toMatchObject({ outcome: 'escrowed', blobName: numbered(2) });
  });

  test('is the highest of several, and a gap in the numbers is filled', async () => {
    const { run, store } = await withRecord({ backedupat: changedAt.toISOString() }, '.7');
    expect(await run()).toMatchObject({ outcome: 'alreadyEscrowed', blobName: numbered(7) });
    const metadata = { keyid: keyId, runid: runId, backedupat: before.toISOString() };
    store.putAll([usualName, numbered(3)], 'y', { metadata });
    store.lose(numbered(7));
    expect(await run()).toMatchObject({ outcome: 'escrowed', blobName: numbered(2) });
  });

  test.each(['.1', '.02', '.x'])('is nothing under a name that is none (%s)', async (ending) => {
    const { run } = await withRecord({ backedupat: changedAt.toISOString() }, ending);
    expect(await run()).toMatchObject({ outcome: 'escrowed', blobName: usualName });
  });

  test('never waits for somebody who writes records without end', async () => {
    const { run, store } = await withRecord({ backedupat: before.toISOString() });
    const more = Array.from({ length: 1000 }, (_, index) => numbered(index + 2));
    store.putAll(more, 'x', store.blobs.get(usualName));
    expect(await run()).toMatchObject({ outcome: 'failed', code: 'tooManyRecords' });
  });
});

test('a message delivered several times, killed or not, together or in turn, leaves one record', async () => {
  const deaths = fc.array(fc.option(fc.record({ atCall: fc.nat({ max: 4 }), lands: fc.boolean() })), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      deaths,
      fc.boolean(),
      fc.boolean(),
      fc.option(fc.constant('mine')),
      async (kills, together, force, chosen) => {
        const { keys, store } = scene({ name: 'signing' });
        const job = jobOf('signing', { force, ...(chosen !== null && { blobName: chosen }) });
        const deliver = (death: (typeof kills)[number]) => {
          const ports = death === null ? { keys, store } : mortal({ keys, store }, death);
          return endOf(runNamedKey(job, runPorts(ports.keys, ports.store)));
        };
        const outcomes = together ? await Promise.all(kills.map(deliver)) : [];
        if (!together) for (const death of kills) outcomes.push(await deliver(death));
        outcomes.push(await deliver(null));

        expect([...store.blobs.keys()]).toEqual([chosen === null ? usualName : `named/${chosen}`]);
        const told = outcomes.filter((outcome) => outcome !== undefined);
        expect(told.length).toBeGreaterThan(0);
        for (const one of told) {
          expect(['escrowed', 'alreadyEscrowed']).toContain(one.outcome);
          expect(one).not.toHaveProperty('unexpectedRecord');
        }
        expect(told.filter(({ outcome }) => outcome === 'escrowed').length).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 400 },
  );
});
