import { setImmediate as nextRound } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { OutOfTime } from '../../../src/escrow/model/service-error.ts';
import { runSource } from '../../../src/escrow/run/source-run.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';
import { runPorts } from '../../support/run-ports.ts';
import { jobOf, named, outcomesOf, prod, recordOf, runId, scene } from '../../support/source-run-scene.ts';

describe('the store', () => {
  test('that cannot take the marker stops the run before any backup', async () => {
    const { keys, store, start } = scene([named('a')]);
    store.faultOfPut = (name) => (name.endsWith('.started') ? 'refused' : undefined);
    const run = await start();
    expect(run).toMatchObject({ status: 'incomplete', problems: [{ code: 'ServerBusy' }], counts: { considered: 0 } });
    expect(run.problems[0]).toMatchObject({ attempt: 'begin the run over', subject: 'vault "contoso-prod"' });
    expect(keys.backups).toEqual([]);
  });

  test('that cannot take the marker leaves every key that is named in the settings failed by name', async () => {
    const source = { ...prod, keys: ['*', 'a', 'Root'] };
    const { store, start } = scene([named('a')], source);
    store.faultOfPut = (name) => (name.endsWith('.started') ? 'refused' : undefined);
    const run = await start();
    expect(outcomesOf(run)).toEqual({ a: 'failed', root: 'failed' });
    expect(run.outcomes[0]).toMatchObject({ code: 'ServerBusy' });
  });

  test('that cannot take the report makes the run incomplete, though every key is escrowed', async () => {
    const { store, start } = scene([named('a')]);
    store.faultOfPut = (name) => (name.endsWith('.json') ? 'refused' : undefined);
    const run = await start();
    expect(run).toMatchObject({ status: 'incomplete', counts: { escrowed: 1, failed: 0 } });
    expect(run.problems[0]).toMatchObject({ attempt: 'write the run report of', subject: 'vault "contoso-prod"' });
    expect(run.reportName).toBeUndefined();
  });

  test('never loses what another wrote under the name: the record takes the next number, with a warning', async () => {
    const { store, ports, start } = scene([named('a', 'b', 'foreseen')]);
    const theirs = { bytes: Buffer.from('theirs'), contentType: 'x' };
    await store.create({ ...theirs, name: recordOf('a'), metadata: { runid: 'other' } }, noLimit);
    const keyid = 'https://contoso-prod.vault.azure.net/keys/foreseen';
    const metadata = { runid: runId, keyid, sha256: 'ab'.repeat(32), backedupat: '2026-11-24T02:00:01.000Z' };
    await store.create({ ...theirs, name: recordOf('foreseen'), metadata }, noLimit);
    const run = await start();
    const second = recordOf('a').replace('.keybackup', '.2.keybackup');
    expect(run.outcomes.find(({ key }) => key === 'a')).toMatchObject({
      outcome: 'escrowed',
      blobName: second,
      unexpectedRecord: true,
    });
    expect(outcomesOf(run).b).toBe('escrowed');
    expect(store.blobs.get(second)?.metadata).toMatchObject({ runid: runId });
    expect(ports.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { event: { event: 'escrow.key.escrowed', key: 'foreseen', already: true, unexpectedRecord: true } },
      { event: { event: 'escrow.key.escrowed', key: 'a', already: false, unexpectedRecord: true } },
    ]);
    expect(Buffer.from(store.blobs.get(recordOf('a'))?.bytes ?? []).toString()).toBe('theirs');
  });
});

test('what no outcome of a key could say, such as a line that cannot be logged, is a problem and stops no other key', async () => {
  const { ports } = scene([named('a', 'b')]);
  const log: typeof ports.log = (_, event) => {
    if (event.event === 'escrow.key.escrowed' && event.key === 'a') throw new Error('the log is full');
  };
  const run = await runSource(jobOf(), { ...ports, log });
  expect(outcomesOf(run)).toEqual({ a: 'escrowed', b: 'escrowed' });
  expect(run).toMatchObject({
    status: 'incomplete',
    problems: [{ attempt: 'back up', subject: expect.stringContaining('key "a"') }],
  });
});

describe('a rerun', () => {
  test('of a finished run backs nothing up again, reports already escrowed, and takes the next report number', async () => {
    const { keys, store, start } = scene([named('a', 'b')]);
    const first = await start();
    const before = new Map(store.blobs);
    const again = await start({ attempt: 2 });
    expect(again.outcomes).toEqual(first.outcomes.map((one) => ({ ...one, outcome: 'alreadyEscrowed' })));
    expect(again).toMatchObject({ status: 'ok', reportName: `runs/${runId}/vaults/contoso-prod.2.json` });
    expect(keys.backups).toEqual(['a', 'b']);
    for (const [name, blob] of before) expect(store.blobs.get(name)).toBe(blob);
    expect(store.blobs.size).toBe(before.size + 1);
  });

  test('looks for records only because the marker is there: a first run spends no look', async () => {
    const { store, start } = scene([named('a', 'b')]);
    await start();
    expect(store.looks).toEqual([]);
  });
});

describe('time', () => {
  test('that runs out leaves the remaining keys failed as outOfTime, and still writes the report', async () => {
    const controller = new AbortController();
    const { keys, store } = scene([named(...Array.from({ length: 40 }, (_, index) => `key-${index}`))]);
    const limited: typeof keys = {
      ...keys,
      backUpKey(name, softDeadline) {
        if (keys.backups.length === 9) controller.abort();
        return keys.backUpKey(name, softDeadline);
      },
    };
    const time = { softDeadline: controller.signal, hardDeadline: noLimit };
    const run = await runSource(jobOf(), runPorts(limited, store, time));
    expect(run.counts).toMatchObject({ considered: 40, escrowed: 9, failed: 31 });
    for (const outcome of run.outcomes) if (outcome.outcome === 'failed') expect(outcome.code).toBe('outOfTime');
    expect(run.reportName).toBe(`runs/${runId}/vaults/contoso-prod.json`);

    const rerun = await runSource(jobOf(prod, { attempt: 2 }), runPorts(keys, store));
    expect(rerun.counts).toMatchObject({ considered: 40, escrowed: 31, alreadyEscrowed: 9, failed: 0 });
    expect(new Set(keys.backups).size).toBe(keys.backups.length);
  });

  test.each([
    ['vault', 16],
    ['managedHsm', 4],
  ] as const)(
    'of a %s is shared by at most %i calls, which do not wait for records to be written; the listing is four pages ahead at most',
    async (kind, most) => {
      const source = escrowSource(kind, 'contoso-x');
      const { keys, store, ports } = scene(
        [named(...Array.from({ length: 240 }, (_, index) => `key-${index}`))],
        source,
      );
      const seen = { underWay: 0, most: 0, writing: 0, together: 0, listed: 0, ahead: 0 };
      const watched: typeof keys = {
        ...keys,
        async *listKeys(softDeadline) {
          for await (const key of keys.listKeys(softDeadline)) {
            seen.listed++;
            seen.ahead = Math.max(seen.ahead, seen.listed - keys.backups.length);
            yield key;
          }
        },
        async backUpKey(name, softDeadline) {
          seen.most = Math.max(seen.most, ++seen.underWay);
          seen.together = Math.max(seen.together, seen.underWay + seen.writing);
          await nextRound();
          const bytes = await keys.backUpKey(name, softDeadline);
          seen.underWay--;
          return bytes;
        },
      };
      const create: typeof store.create = async (...blob) => {
        seen.writing++;
        await nextRound();
        const created = await store.create(...blob);
        seen.writing--;
        return created;
      };
      const run = await runSource(jobOf(source), { ...ports, keys: watched, store: { ...store, create } });
      expect(run.counts.escrowed).toBe(240);
      expect(seen.most).toBe(most);
      expect(seen.together).toBe(2 * most);
      expect(seen.ahead).toBeLessThanOrEqual(100 + most + 2);
    },
  );

  test('that has run out fails the listing, and the report still says so', async () => {
    const { keys, store } = scene([named('a')]);
    const time = { softDeadline: AbortSignal.abort(), hardDeadline: noLimit };
    const run = await runSource(jobOf(), runPorts(keys, store, time));
    expect(run.problems).toMatchObject([{ code: 'outOfTime', attempt: 'list the keys of' }]);
    expect(run.reportName).toBeDefined();
  });

  test('that runs out during a backup still has the record written, until the last call', async () => {
    const { keys, store, ports } = scene([named('a')]);
    const softDeadline = new AbortController();
    const backUpKey: typeof keys.backUpKey = async (name, signal) => {
      const bytes = await keys.backUpKey(name, signal);
      softDeadline.abort();
      return bytes;
    };
    const create: typeof store.create = async (blob, signal) => {
      if (signal.aborted) throw new OutOfTime();
      return store.create(blob, signal);
    };
    const time = { softDeadline: softDeadline.signal, hardDeadline: noLimit };
    const run = await runSource(jobOf(), { ...ports, time, keys: { ...keys, backUpKey }, store: { ...store, create } });
    expect(outcomesOf(run)).toEqual({ a: 'escrowed' });
    expect(run.reportName).toBeDefined();
  });
});
