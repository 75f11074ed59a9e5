import { expect, test } from 'vitest';
import { readFolder } from '../../../src/escrow/coverage/record-folder.ts';
import { scheduledRunId } from '../../../src/escrow/model/run-id.ts';
import { recordName } from '../../../src/escrow/records/blob-names.ts';
import { escrowSource, noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore } from '../../support/memory-store.ts';

// fixed date: the folder is in memory.
const times = ['2026-11-22T23:59:59Z', '2026-11-23T02:00:00Z', '2026-11-23T20:00:00Z', '2026-11-24T00:00:00Z'];

test('of each day, in UTC, the time of its last record counts, in whatever order they are listed', async () => {
  const source = escrowSource('vault', 'contoso-prod');
  const now = new Date('2026-11-24T06:00:00Z');
  const store = createMemoryStore();
  const keyid = 'https://contoso-prod.vault.azure.net/keys/signing';
  const put = (runTime: string, time: string) =>
    store.put(recordName(source, 'signing', scheduledRunId(new Date(runTime))), 'bytes', {
      createdAt: new Date(time),
      metadata: { keyid, sha256: 'ab'.repeat(32), backedupat: time },
    });
  for (const time of times) put(time, time);
  // Named by a run before the others, and by one after: the day's last is neither first nor last in the listing.
  put('2026-11-21T02:00:00Z', '2026-11-23T12:00:00Z');
  put('2026-11-23T20:05:00Z', '2026-11-23T19:58:00Z');
  const long = new Date(0);
  const question = { source, key: 'signing', now, daysSince: long, faultsSince: long, countBefore: now };
  const { days, newest } = await readFolder(store, question, noLimit);
  expect(Object.fromEntries(Array.from(days, ([day, at]) => [day, at.toISOString()]))).toEqual({
    '2026-11-22': '2026-11-22T23:59:59.000Z',
    '2026-11-23': '2026-11-23T20:00:00.000Z',
    '2026-11-24': '2026-11-24T00:00:00.000Z',
  });
  expect(newest?.createdAt.toISOString()).toBe('2026-11-24T00:00:00.000Z');
});
