import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NamedKeyJob } from '../../../src/escrow/run/key-run.ts';
import { runNamedKey } from '../../../src/escrow/run/key-run.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore, storageError } from '../../support/memory-store.ts';
import { endOf, mortal } from '../../support/mortal-process.ts';
import { runPorts } from '../../support/run-ports.ts';
import type { ScriptedKey } from '../../support/scripted-key-source.ts';
import { createScriptedKeySource } from '../../support/scripted-key-source.ts';

const prod = escrowSource('vault', 'contoso-prod', { except: ['tmp-*'] });
const runId = '20261124T015907Z-3f2a9c1e';
const usualName = `vaults/contoso-prod/signing/${runId}.keybackup`;
const jobOf = (name: string, more: Partial<NamedKeyJob> = {}): NamedKeyJob => ({
  source: prod,
  name,
  runId,
  trigger: 'request',
  force: false,
  whatIf: false,
  obeysSelection: false,
  ...more,
});

function scene(...listed: ScriptedKey[]) {
  const keys = createScriptedKeySource({ source: prod, pages: [listed] });
  const container = createMemoryStore();
  return { keys, container, ports: runPorts(keys, container) };
}

const putTheirs = (container: ReturnType<typeof createMemoryStore>, name: string) =>
  container.create({ name, bytes: Buffer.from('theirs'), contentType: 'x', metadata: { runid: 'another' } }, noLimit);
const textOf = (container: ReturnType<typeof createMemoryStore>, name: string) =>
  Buffer.from(container.blobs.get(name)?.bytes ?? []).toString();

describe('one key by name', () => {
  test('is escrowed under its usual name, with one read and one backup, and needs no report', async () => {
    const { keys, container, ports } = scene({ name: 'Signing' });
    expect(await runNamedKey(jobOf('signing'), ports)).toMatchObject({
      key: 'Signing',
      outcome: 'escrowed',
      blobName: usualName,
    });
    expect([keys.reads, keys.backups]).toEqual([['signing'], ['Signing']]);
    expect([...container.blobs.keys()]).toEqual([usualName]);
    expect(container.blobs.get(usualName)?.metadata).toMatchObject({ trigger: 'request', runid: runId });
    expect(ports.lines).toMatchObject([{ level: 'info', event: { event: 'escrow.key.escrowed', already: false } }]);
  });

  test('whose backup is cut short is kept as it came, said to be of no known form, with a warning', async () => {
    const { container, ports } = scene({ name: 'signing', backup: 'cutShort' });
    expect(await runNamedKey(jobOf('signing'), ports)).toMatchObject({ outcome: 'escrowed', unknownFormat: true });
    expect(container.blobs.get(usualName)?.metadata).toMatchObject({ format: 'unknown' });
    expect(ports.lines).toMatchObject([
      { level: 'warn', event: { event: 'escrow.key.escrowed', unknownFormat: true } },
    ]);
  });

  test('is escrowed under the chosen name only', async () => {
    const { container, ports } = scene({ name: 'signing' });
    expect(await runNamedKey(jobOf('signing', { blobName: 'mine/signing' }), ports)).toMatchObject({
      outcome: 'escrowed',
    });
    expect([...container.blobs.keys()]).toEqual(['mine/signing']);
  });

  test('that the selection excludes is escrowed for a person, and skipped for an event', async () => {
    const { keys, ports } = scene({ name: 'tmp-1' });
    expect(await runNamedKey(jobOf('tmp-1', { obeysSelection: true }), ports)).toMatchObject({
      outcome: 'skipped',
      reason: 'excluded',
    });
    expect(keys.backups).toEqual([]);
    expect(await runNamedKey(jobOf('tmp-1'), ports)).toMatchObject({ outcome: 'escrowed' });
  });

  test('that is certificate-backed is skipped, not failed, without a backup call', async () => {
    const { keys, ports } = scene({ name: 'web', certificateBacked: true });
    expect(await runNamedKey(jobOf('web'), ports)).toMatchObject({ outcome: 'skipped', reason: 'certificateBacked' });
    expect(keys.backups).toEqual([]);
    expect(ports.lines).toMatchObject([{ level: 'warn' }]);
  });

  test('that is not there fails by name, and so does one whose backup fails', async () => {
    const { ports } = scene({ name: 'a', backup: 'fails' });
    expect(await runNamedKey(jobOf('missing'), ports)).toMatchObject({
      outcome: 'failed',
      code: 'KeyNotFound',
      key: 'missing',
    });
    expect(await runNamedKey(jobOf('a'), ports)).toMatchObject({ outcome: 'failed', code: 'InternalServerError' });
    expect(ports.lines).toMatchObject([{ level: 'error' }, { level: 'error', event: { key: 'a' } }]);
  });

  test('under what-if is named and nothing is written', async () => {
    const { keys, container, ports } = scene({ name: 'signing' });
    expect(await runNamedKey(jobOf('signing', { whatIf: true }), ports)).toMatchObject({
      outcome: 'wouldEscrow',
      blobName: usualName,
    });
    expect([keys.backups.length, container.blobs.size]).toEqual([0, 0]);
  });
});

describe('a name that is taken', () => {
  test('is refused without force, before any backup, and what is there stays', async () => {
    const { keys, container, ports } = scene({ name: 'signing' });
    await putTheirs(container, 'mine');
    const outcome = await runNamedKey(jobOf('signing', { blobName: 'mine' }), ports);
    expect(outcome).toMatchObject({
      outcome: 'failed',
      code: 'blobNameTaken',
      reason: expect.stringContaining('written by run another'),
    });
    expect(keys.backups).toEqual([]);
    expect(textOf(container, 'mine')).toBe('theirs');
  });

  test('is foreseen under what-if: refused without force, free with it, and nothing is written', async () => {
    const { container, ports, keys } = scene({ name: 'signing' });
    await putTheirs(container, 'mine');
    const names = [...container.blobs.keys()];
    const whatIf = { blobName: 'mine', whatIf: true };
    expect(await runNamedKey(jobOf('signing', whatIf), ports)).toMatchObject({
      outcome: 'failed',
      code: 'blobNameTaken',
    });
    expect(await runNamedKey(jobOf('signing', { ...whatIf, force: true }), ports)).toMatchObject({
      outcome: 'wouldEscrow',
    });
    expect([keys.backups, [...container.blobs.keys()]]).toEqual([[], names]);
  });

  test('is replaced with force, where the identity may', async () => {
    const { container, ports } = scene({ name: 'signing' });
    await putTheirs(container, 'mine');
    expect(await runNamedKey(jobOf('signing', { blobName: 'mine', force: true }), ports)).toMatchObject({
      outcome: 'escrowed',
    });
    expect(textOf(container, 'mine')).toMatch(/^&AzureKeyVaultKeyBackupV1/);
    expect(container.blobs.get('mine')?.metadata).toMatchObject({
      runid: runId,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test.each([403, 409])('is refused with force and the remedy, where the identity may not (%i)', async (statusCode) => {
    const { container, keys } = scene({ name: 'signing' });
    await putTheirs(container, 'mine');
    const writeOnce = {
      ...container,
      replace: () => Promise.reject(storageError({ statusCode, code: 'UnauthorizedBlobOverwrite' })),
    };
    const outcome = await runNamedKey(jobOf('signing', { blobName: 'mine', force: true }), runPorts(keys, writeOnce));
    expect(outcome).toMatchObject({
      outcome: 'failed',
      code: 'overwriteRefused',
      remedy: expect.stringContaining('write-once for this identity'),
    });
    expect(textOf(container, 'mine')).toBe('theirs');
  });

  test('by this very request means that it is done, with force too', async () => {
    const { keys, container, ports } = scene({ name: 'signing' });
    await runNamedKey(jobOf('signing', { force: true }), ports);
    const first = container.blobs.get(usualName);
    expect(await runNamedKey(jobOf('signing', { force: true }), ports)).toMatchObject({ outcome: 'alreadyEscrowed' });
    expect(container.blobs.get(usualName)).toBe(first);
    expect(keys.backups).toEqual(['signing']);
  });

  test.each([
    ['the same key by another run', { keyid: 'https://contoso-prod.vault.azure.net/keys/signing', runid: 'another' }],
    ['another key by this run', { keyid: 'https://contoso-prod.vault.azure.net/keys/payroll', runid: runId }],
    ['nobody knows what', {}],
  ])('by a record of %s is taken, not already escrowed', async (_, metadata) => {
    const { container, ports } = scene({ name: 'signing' });
    await container.create({ name: 'mine', bytes: Buffer.from('theirs'), contentType: 'x', metadata }, noLimit);
    expect(await runNamedKey(jobOf('signing', { blobName: 'mine' }), ports)).toMatchObject({ code: 'blobNameTaken' });
    expect(textOf(container, 'mine')).toBe('theirs');
  });

  test('by a blob from before the run could begin is taken, however right its metadata', async () => {
    const { container, ports } = scene({ name: 'signing' });
    await runNamedKey(jobOf('signing'), ports);
    const record = container.blobs.get(usualName);
    const foreseen = new Date(Date.parse('2026-11-24T01:59:07Z') - 11 * 60_000);
    if (record !== undefined) container.blobs.set(usualName, { ...record, createdAt: foreseen });
    expect(await runNamedKey(jobOf('signing'), ports)).toMatchObject({
      outcome: 'failed',
      code: 'blobNameTaken',
      reason: expect.stringContaining('was there before its run could begin, so the app did not write it'),
      remedy: expect.stringContaining('escrow the key by a request of its own'),
    });
  });

  test('cannot be looked at: the key fails, nothing is backed up', async () => {
    const { keys, container } = scene({ name: 'signing' });
    const blind = {
      ...container,
      look: () => Promise.reject(storageError({ statusCode: 403, code: 'AuthorizationFailure' })),
    };
    expect(await runNamedKey(jobOf('signing'), runPorts(keys, blind))).toMatchObject({
      outcome: 'failed',
      code: 'AuthorizationFailure',
    });
    expect(keys.backups).toEqual([]);
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
        const { keys, container } = scene({ name: 'signing' });
        const job = jobOf('signing', { force, ...(chosen !== null && { blobName: chosen }) });
        const deliver = (death: (typeof kills)[number]) => {
          const ports = death === null ? { keys, container } : mortal({ keys, container }, death);
          return endOf(runNamedKey(job, runPorts(ports.keys, ports.container)));
        };
        const outcomes = together ? await Promise.all(kills.map(deliver)) : [];
        if (!together) for (const death of kills) outcomes.push(await deliver(death));
        outcomes.push(await deliver(null));

        expect([...container.blobs.keys()]).toEqual([chosen ?? usualName]);
        const told = outcomes.filter((outcome) => outcome !== undefined);
        expect(told.length).toBeGreaterThan(0);
        for (const { outcome } of told) expect(['escrowed', 'alreadyEscrowed']).toContain(outcome);
        expect(told.filter(({ outcome }) => outcome === 'escrowed').length).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 400 },
  );
});
