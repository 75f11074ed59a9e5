import { type LogEntry, lastNight } from './alarm-queries.ts';

// Lines of the two apps, by how many hours ago they were written.

export const source = 'vaults/a-vault';
export const other = 'vaults/b-vault';
export const onDemand = '20261124T070000Z-3f2a9c1e';

/** Lines of an event with these fields, where a test says no others. */
const lines =
  (event: string, usual: object) =>
  (hoursAgo: number, line: object = {}): LogEntry => ({ hoursAgo, line: { event, ...usual, ...line } });

const run = { runId: lastNight, source };
export const started = lines('escrow.run.started', { ...run, trigger: 'schedule', attempt: 1 });
export const completed = lines('escrow.run.completed', { ...run, status: 'ok', attempt: 1, whatIf: false });
export const keyFailed = lines('escrow.key.failed', { ...run, key: 'signing', code: 'Forbidden' });
const totals = { keys: 9, intact: 9, proven: 1, findings: 0 };
export const audited = lines('escrow.audit.completed', { runId: 'audit', status: 'ok', ...totals });
export const gap = lines('escrow.coverage.gap', { runId: 'audit', source, key: 'signing', finding: 'stale' });
const request = { runId: onDemand, messageId: 'm' };
export const refused = lines('escrow.request.refused', { ...request, reason: 'unknown source' });
export const requestFailed = lines('escrow.request.failed', { ...request, reason: 'denied', final: true });

/** A night's runs as they should be: both sources complete; and with the audit, which is content. */
export const goodRuns = [completed(6.9), completed(6.8, { source: other })];
export const goodNight = [...goodRuns, audited(3)];
