import { expect, test } from 'vitest';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import { reportName } from '../../../src/escrow/records/blob-names.ts';
import { readHistories } from '../../../src/escrow/run/run-history.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { failedKey, runReport } from '../../support/run-report.ts';

test('of a report, whatever its length and the number of its keys, no more stays in memory than an audit has room for', async () => {
  const source = escrowSource('vault', 'contoso-prod');
  // fixed date: the store is in memory.
  const startedAt = new Date('2026-11-24T02:00:00Z');
  const store = createMemoryStore({ now: () => startedAt });
  const runId = scheduledRunId(startedAt);
  const long = 'x'.repeat(2 ** 20);
  const problem = { code: 'x', attempt: 'list', subject: 's', reason: long, remedy: 'y' };
  const times = { startedAt: startedAt.toISOString(), finishedAt: startedAt.toISOString() };
  const keys = Array.from({ length: 200_001 }, (_, index) => failedKey(`key-${index}`, ''));
  const report = runReport(source, { runId, ...times, keys, problems: Array(20).fill(problem) });
  const named = [failedKey(long, 'a name of no key'), failedKey('key-7', long)];
  const reports = [
    store.put(reportName(runId, source), JSON.stringify(report)),
    store.put(reportName(runId, source, 2), JSON.stringify({ ...report, keys: named })),
  ];
  const histories = await readHistories(store, [{ runId, source, startedAt, reports }], noLimit);
  const history = histories.get('vaults/contoso-prod');
  expect(history?.failures.size).toBe(200_000);
  expect(history?.failures.get('key-7')?.lastReason).toHaveLength(1000);
  expect(JSON.stringify([...(history?.reports ?? [])]).length).toBeLessThan(25_000);
});
