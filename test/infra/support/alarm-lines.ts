import { type LogEntry, lastNight } from './alarm-queries.ts';

// Lines of the two apps, by how many hours ago they were written.

export const source = 'vaults/a-vault';
export const other = 'vaults/b-vault';
export const onDemand = '20261124T070000Z-3f2a9c1e';

export const started = (hoursAgo: number, line: object = {}): LogEntry => ({
  hoursAgo,
  line: { event: 'escrow.run.started', runId: lastNight, source, trigger: 'schedule', attempt: 1, ...line },
});
export const completed = (hoursAgo: number, line: object = {}): LogEntry => ({
  hoursAgo,
  line: { event: 'escrow.run.completed', runId: lastNight, source, status: 'ok', attempt: 1, whatIf: false, ...line },
});
export const keyFailed = (hoursAgo: number, line: object = {}): LogEntry => ({
  hoursAgo,
  line: { event: 'escrow.key.failed', runId: lastNight, source, key: 'signing', code: 'Forbidden', ...line },
});
export const audited = (hoursAgo: number, line: object = {}): LogEntry => ({
  hoursAgo,
  line: {
    event: 'escrow.audit.completed',
    runId: 'audit',
    status: 'ok',
    keys: 9,
    intact: 9,
    proven: 1,
    findings: 0,
    ...line,
  },
});
export const gap = (hoursAgo: number, line: object = {}): LogEntry => ({
  hoursAgo,
  line: { event: 'escrow.coverage.gap', runId: 'audit', source, key: 'signing', finding: 'stale', ...line },
});
export const refused = (hoursAgo: number): LogEntry => ({
  hoursAgo,
  line: { event: 'escrow.request.refused', runId: onDemand, messageId: 'm', reason: 'unknown source' },
});
export const requestFailed = (hoursAgo: number, line: object = {}): LogEntry => ({
  hoursAgo,
  line: { event: 'escrow.request.failed', runId: onDemand, messageId: 'm', reason: 'denied', final: true, ...line },
});

/** A night's runs as they should be: both sources complete; and with the audit, which is content. */
export const goodRuns = [completed(6.9), completed(6.8, { source: other })];
export const goodNight = [...goodRuns, audited(3)];
