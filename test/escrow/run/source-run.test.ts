import { describe, expect, test } from 'vitest';
import { sha256Of } from '../../../src/escrow/records/put-once.ts';
import { incompleteRunOf } from '../../../src/escrow/run/incomplete-run.ts';
import { named, outcomesOf, prod, recordOf, runId, scene } from '../../support/source-run-scene.ts';

describe('a run over a source', () => {
  test('escrows what is selected, skips the rest with the reason, and reports both', async () => {
    const source = { ...prod, except: ['tmp-*'], retired: ['old-*'] };
    const { keys, store, ports, start } = scene(
      [named('Signing', 'tmp-1'), [], [{ name: 'web', certificateBacked: true }, ...named('old-1', 'payroll')]],
      source,
    );
    let answered = 41;
    Object.assign(keys, { throttled: () => answered++ });
    let seconds = 0;
    // fixed date: the run has a clock of its own.
    Object.assign(ports, { now: () => new Date(Date.UTC(2026, 10, 24, 2, 0, seconds++)) });
    const run = await start();
    expect(outcomesOf(run)).toEqual({
      Signing: 'escrowed',
      'tmp-1': 'skipped',
      web: 'skipped',
      'old-1': 'skipped',
      payroll: 'escrowed',
    });
    expect(run.status).toBe('ok');
    const counts = { considered: 5, escrowed: 2, alreadyEscrowed: 0, skipped: 3, failed: 0 };
    expect(run.counts).toEqual({ ...counts, wouldEscrow: 0 });
    expect(keys.backups).toEqual(['Signing', 'payroll']);
    expect(incompleteRunOf([run])).toBeUndefined();

    const record = store.blobs.get(recordOf('signing'));
    expect(record?.metadata).toEqual({
      keyid: 'https://contoso-prod.vault.azure.net/keys/Signing',
      runid: runId,
      trigger: 'schedule',
      format: 'AzureKeyVaultKeyBackupV1',
      enabled: 'true',
      geography: 'europe',
      sha256: sha256Of(record?.bytes ?? new Uint8Array()),
    });
    expect([...store.blobs.keys()].sort()).toEqual([
      `runs/${runId}/vaults/contoso-prod.json`,
      `runs/${runId}/vaults/contoso-prod.started`,
      recordOf('payroll'),
      recordOf('signing'),
    ]);
    const report = JSON.parse(Buffer.from(store.blobs.get(run.reportName ?? '')?.bytes ?? []).toString());
    expect(report).toMatchObject({
      status: 'ok',
      counts,
      resumed: false,
      // Of this run, not of all that the process did.
      throttled: 1,
      startedAt: '2026-11-24T02:00:00.000Z',
      finishedAt: '2026-11-24T02:00:01.000Z',
      problems: [],
      asked: { except: ['tmp-*'] },
    });
    expect(report.keys).toEqual(run.outcomes);
    const events = ports.lines.map(({ event }) => event.event);
    expect([events.at(0), events.at(-1)]).toEqual(['escrow.run.started', 'escrow.run.completed']);
    const ofKeys = [...Array(2).fill('escrow.key.escrowed'), ...Array(3).fill('escrow.key.skipped')];
    expect(events.slice(1, -1).toSorted()).toEqual(ofKeys);
  });

  test('goes on when a key fails, and then is incomplete with one error that names it', async () => {
    const { store, ports, start } = scene([[...named('a', 'b'), { name: 'gone', backup: 'gone' }, ...named('c')]]);
    const run = await start();
    expect(outcomesOf(run)).toEqual({ a: 'escrowed', b: 'escrowed', gone: 'failed', c: 'escrowed' });
    expect(run.status).toBe('incomplete');
    expect(store.blobs.get(run.reportName ?? '')?.metadata).toMatchObject({ status: 'incomplete' });
    const error = incompleteRunOf([run]);
    expect(error?.message).toMatch(/is incomplete: 1 failure in vault "contoso-prod"; 4 keys considered/);
    expect(error?.errors).toMatchObject([{ code: 'KeyNotFound', message: expect.stringContaining('key "gone"') }]);
    expect(ports.lines.at(-1)).toMatchObject({ level: 'error', event: { status: 'incomplete', failed: 1 } });
  });

  test('escrows what was listed before the listing failed, and reports the literal names it never saw', async () => {
    const source = { ...prod, keys: ['*', 'a', 'later'] };
    const { start } = scene([named('a'), named('later')], source, 1);
    const run = await start();
    expect(outcomesOf(run)).toEqual({ a: 'escrowed', later: 'failed' });
    expect(run.problems).toMatchObject([{ code: 'ServiceUnavailable', attempt: 'list the keys of' }]);
    expect(run.outcomes.find(({ key }) => key === 'later')).toMatchObject({ code: 'ServiceUnavailable' });
    expect(run.status).toBe('incomplete');
  });

  test('considers a key once, however often and in whatever case the listing shows it', async () => {
    const { keys, start } = scene([named('Signing', 'signing'), named('SIGNING', 'b', 'b')]);
    const run = await start();
    expect(outcomesOf(run)).toEqual({ Signing: 'escrowed', b: 'escrowed' });
    expect(keys.backups).toEqual(['Signing', 'b']);
  });

  test('fails by name when a literally configured key is not there', async () => {
    const source = { ...prod, keys: ['a', 'Missing'] };
    const run = await scene([named('a')], source).start();
    expect(run.outcomes).toMatchObject([
      { key: 'a', outcome: 'escrowed' },
      { key: 'missing', outcome: 'failed', code: 'configuredKeyNotFound' },
    ]);
    expect(run.status).toBe('incomplete');
  });

  test('that lists nothing fails, unless the source may be empty', async () => {
    const empty = await scene([[], []]).start();
    expect(empty).toMatchObject({
      status: 'incomplete',
      problems: [{ code: 'sourceIsEmpty' }],
      counts: { considered: 0 },
    });
    const allowed = { ...prod, allowEmpty: true };
    expect(await scene([[]], allowed).start()).toMatchObject({ status: 'ok', problems: [] });
  });

  test('that selects nothing fails, allowEmpty or not; retired keys count as meant', async () => {
    const source = { ...prod, keys: ['nothing-*'], allowEmpty: true };
    const run = await scene([named('a', 'b')], source).start();
    expect(run).toMatchObject({
      status: 'incomplete',
      problems: [{ code: 'selectionMatchesNothing' }],
      counts: { skipped: 2 },
    });
    const retired = { ...prod, retired: ['*'] };
    expect(await scene([named('a')], retired).start()).toMatchObject({ status: 'ok' });
  });

  test('that selects nothing fails although a key that it never selected is retired', async () => {
    const source = { ...prod, keys: ['pord-*'], retired: ['old-*'] };
    const run = await scene([named('prod-1', 'old-1')], source).start();
    expect(run).toMatchObject({ status: 'incomplete', problems: [{ code: 'selectionMatchesNothing' }] });
  });

  test('under what-if says what would happen by name, backs up nothing and writes nothing', async () => {
    const { keys, store, start } = scene([[...named('a'), { name: 'web', certificateBacked: true }]]);
    const run = await start({ whatIf: true });
    expect(run.outcomes).toMatchObject([
      { key: 'a', outcome: 'wouldEscrow', blobName: recordOf('a') },
      { key: 'web', outcome: 'skipped' },
    ]);
    expect(run.reportName).toBeUndefined();
    expect(keys.backups).toEqual([]);
    expect(store.blobs.size).toBe(0);
  });
});
