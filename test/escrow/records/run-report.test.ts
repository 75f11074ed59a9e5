import { describe, expect, test } from 'vitest';
import { parseRunBlobName, reportName, startedMarkerName } from '../../../src/escrow/records/blob-names.ts';
import {
  markStarted,
  putRunReport,
  type RunReport,
  readRunReport,
  readStartedMarker,
} from '../../../src/escrow/records/run-report.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { failedKey, runReport } from '../../support/run-report.ts';

const runId = '20261124T020000Z';
const source = escrowSource('vault', 'contoso-prod', { place: { geography: 'europe' } });
const report = runReport(source, {
  runId,
  startedAt: '2026-11-24T02:00:01.000Z',
  finishedAt: '2026-11-24T02:00:09.000Z',
  keys: [
    { key: 'signing', outcome: 'escrowed', blobName: 'b', sha256: 'ab'.repeat(32), bytes: 9 },
    { key: 'tmp-1', outcome: 'skipped', reason: 'excluded', message: 'excluded' },
    failedKey('payroll', 'no answer'),
  ],
});

async function stored(content: unknown, name = reportName(runId, source)) {
  const store = createMemoryStore();
  store.put(name, typeof content === 'string' ? content : JSON.stringify(content));
  return readRunReport(store, name, noLimit);
}

describe('a run report', () => {
  test('reads back as it was written, each attempt under the next number', async () => {
    const store = createMemoryStore();
    const names = [
      await putRunReport(store, source, report, noLimit),
      await putRunReport(store, source, { ...report, attempt: 2 }, noLimit),
    ];
    expect(names).toEqual([reportName(runId, source), reportName(runId, source, 2)]);
    expect(await readRunReport(store, names[1] ?? '', noLimit)).toEqual({ ...report, attempt: 2 });
  });

  test('finds a free number soon, whichever somebody has taken that can be foreseen', async () => {
    const store = createMemoryStore();
    const take = (number: number) =>
      store.create(
        { name: reportName(runId, source, number), bytes: Buffer.from('x'), contentType: 'x', metadata: {} },
        noLimit,
      );
    for (let number = 1; number <= 1000; number++) await take(number);
    for (let number = 1024; number < Number.MAX_VALUE; number *= 1.25) await take(Math.floor(number));
    for (let number = 10; number < Number.MAX_VALUE; number *= 2) await take(number);
    const attempt = async (number: number, finishedAt: string): Promise<number> => {
      const name = await putRunReport(store, source, { ...report, attempt: number, finishedAt }, noLimit);
      expect(parseRunBlobName(name)?.what).toBe('report');
      return Number(/\.(\d+)\.json$/.exec(name)?.[1]);
    };
    const first = await attempt(1, '2026-11-24T02:00:09.000Z');
    expect(store.looks.length).toBeLessThan(30);
    // In the same millisecond, too.
    const second = await attempt(2, '2026-11-24T02:00:09.000Z');
    expect(second).toBeGreaterThan(first);
    expect(await attempt(3, '2026-11-24T02:00:19.000Z')).toBeGreaterThan(second);
  });

  test('carries nothing that its format does not name, such as what was thrown', async () => {
    const thrown: RunReport['keys'][number] = Object.assign(failedKey('payroll', 'x'), { stack: 'at secret' });
    const store = createMemoryStore();
    const name = await putRunReport(store, source, { ...report, keys: [thrown] }, noLimit);
    expect(Buffer.from(await store.read(name, noLimit)).toString()).not.toContain('secret');
  });

  test.each([
    ['nothing', ''],
    ['an empty object', {}],
    ['a list', []],
    ['another format', { ...report, format: 'keyvault-escrow/audit/1' }],
    ['a time that is none', { ...report, finishedAt: 'yesterday' }],
    ['an outcome that there is not', { ...report, keys: [{ key: 'x', outcome: 'lost' }] }],
    ['a failure without its reason', { ...report, keys: [{ ...failedKey('x', 'y'), reason: undefined }] }],
    ['a count below zero', { ...report, counts: { ...report.counts, failed: -1 } }],
    ['another run than its name', { ...report, runId: '20261125T020000Z' }],
    ['another source than its name', { ...report, source: 'vaults/contoso-dev' }],
  ])('that holds %s is none, and stops nobody', async (_, content) => {
    expect(await stored(content)).toBeUndefined();
  });
});

test('a marker that was there before its run could begin makes no resume of it', async () => {
  const tomorrow = '20261125T020000Z';
  const store = createMemoryStore();
  const marker = { startedAt: '2026-11-24T02:00:01.000Z', trigger: 'schedule', attempt: 1 } as const;
  await markStarted(store, tomorrow, source, { ...marker, trigger: 'request' }, noLimit);
  expect(await markStarted(store, tomorrow, source, marker, noLimit)).toBe(false);
});

test('a marker says what triggered its run; a second one of the run is a resume', async () => {
  const store = createMemoryStore();
  const marker = { startedAt: '2026-11-24T02:00:01.000Z', trigger: 'schedule', attempt: 1 } as const;
  expect(await markStarted(store, runId, source, marker, noLimit)).toBe(false);
  expect(await markStarted(store, runId, source, { ...marker, attempt: 2 }, noLimit)).toBe(true);
  const name = startedMarkerName(runId, source);
  expect(await readStartedMarker(store, name, noLimit)).toMatchObject({ trigger: 'schedule', attempt: 1 });
  await store.replace({ name, bytes: Buffer.from('{}'), contentType: 'application/json', metadata: {} }, noLimit);
  expect(await readStartedMarker(store, name, noLimit)).toBeUndefined();
});
