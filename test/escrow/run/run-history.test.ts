import { expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import { reportName } from '../../../src/escrow/records/blob-names.ts';
import { readHistories } from '../../../src/escrow/run/run-history.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { failedKey, runReport } from '../../support/run-report.ts';

const source = escrowSource('vault', 'contoso-prod');
// fixed date: the store is in memory.
const startedAt = new Date('2026-11-24T02:00:00Z');
const runId = scheduledRunId(startedAt);
const megabyte = 1024 ** 2;

test('of a report, whatever its length and the number of its keys, no more stays in memory than an audit has room for', async () => {
  const store = createMemoryStore({ now: () => startedAt });
  const long = 'x'.repeat(megabyte);
  const problem = { code: 'x', attempt: 'list', subject: 's', reason: long, remedy: 'y' };
  const times = { startedAt: startedAt.toISOString(), finishedAt: startedAt.toISOString() };
  const keys = Array.from({ length: 200_001 }, (_, index) => failedKey(`key-${index}`, ''));
  const report = runReport(source, { runId, ...times, keys, problems: Array(20).fill(problem) });
  const named = [failedKey(long, 'a name of no key'), failedKey('key-7', long), failedKey('key-8', long)];
  const mended = { key: 'Key-8', outcome: 'escrowed', blobName: 'b', sha256: 'ab', bytes: 1 };
  const reports = [keys, named, [mended]].map((ofAttempt, index) =>
    store.put(reportName(runId, source, index + 1), JSON.stringify({ ...report, keys: ofAttempt })),
  );
  const histories = await readHistories(store, [{ runId, source, startedAt, reports }], noLimit);
  const history = histories.get('vaults/contoso-prod');
  expect(history?.failures.size).toBe(200_000);
  expect(history?.failures.get('key-7')?.lastReason).toHaveLength(1000);
  expect(history?.failures.get('key-8')?.lastReason).toBeUndefined();
  expect(JSON.stringify([...(history?.reports ?? [])]).length).toBeLessThan(40_000);
});

test.each([
  ['120 reports', Array(121).fill(2), 1],
  // Two gigabytes, of the newest; one that is too large to be read costs nothing.
  ['two gigabytes', [2, 30 * megabyte, 60 * megabyte, 10 ** 12, ...Array(33).fill(60 * megabyte)], 2],
])('of more than %s the last are read', async (_, lengths: readonly number[], unread) => {
  const store = createMemoryStore({ now: () => startedAt });
  const reports = lengths.map((length, index) => store.put(reportName(runId, source, index + 1), '{}', { length }));
  const histories = await readHistories(store, [{ runId, source, startedAt, reports }], noLimit);
  const history = histories.get('vaults/contoso-prod');
  expect(history?.unread).toBe(unread);
  expect(history?.unreadable.map(({ name }) => name)).toEqual(reports.slice(unread).map(({ name }) => name));
});
