import { expect, test } from 'vitest';
import { keepAudit } from '../../../src/escrow/audit/audit-record.ts';
import { emptyHistory } from '../../../src/escrow/audit/recent-outcomes.ts';
import { auditedRuns } from '../../../src/escrow/audit/run-check.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore } from '../../support/memory-store.ts';
import { sampleRuns, soundAudit } from '../../support/sample-audit.ts';

test('an audit that the next one could not go by is not kept', async () => {
  const container = createMemoryStore();
  const broken = { ...soundAudit(), startedAt: '+012000-01-01T00:00:00.000Z' };
  await expect(keepAudit(container, broken, noLimit)).rejects.toThrow('the next audit could not go by it');
  expect([...container.blobs.keys()]).toEqual([]);
});

test('a second audit of the same second has a name of its own', async () => {
  const container = createMemoryStore();
  await keepAudit(container, soundAudit(), noLimit);
  const kept = await keepAudit(
    container,
    { ...soundAudit(), findings: [], finishedAt: '2026-11-24T06:00:10.000Z' },
    noLimit,
  );
  expect(kept).toMatchObject({ name: 'audits/20261124T060003Z.2.json', pageName: 'audits/20261124T060003Z.2.html' });
});

test('an audit remembers four hundred runs of a source at most, the newest', () => {
  const now = new Date('2026-11-24T06:00:00Z');
  const [run] = sampleRuns(1, 30);
  if (run === undefined) throw new Error('no run');
  const earlier = Array.from({ length: 500 }, (_, index) => {
    const startedAt = new Date(now.getTime() - index * 3_600_000).toISOString();
    return { ...run, runId: `run-${index}`, startedAt };
  });
  const kept = auditedRuns(emptyHistory(), earlier, now);
  expect([kept.length, kept[0]?.runId, kept.at(-1)?.runId]).toEqual([400, 'run-0', 'run-399']);
});
