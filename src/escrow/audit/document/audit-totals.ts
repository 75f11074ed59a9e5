import { coverageStatuses, requiresBackup } from '../../model/coverage-status.ts';
import type { AuditedKey, AuditedSource, AuditHead } from '../../records/audit-document.ts';
import { timeOfRecord } from '../../records/audit-document.ts';

/** Counts the keys of the configured sources as they are audited: their versions change no total. */
export interface AuditTally {
  add(key: AuditedKey): void;
  totals(sources: readonly AuditedSource[]): AuditHead['totals'];
}

export function createTally(): AuditTally {
  const byStatus = Object.fromEntries(coverageStatuses.map((status) => [status, 0])) as Record<
    AuditedKey['status'],
    number
  >;
  const totals = { keys: 0, intact: 0, proven: 0, changed: 0 };
  let asOf: string | undefined;
  return {
    add({ status, record, changedAt, drilledAt }) {
      byStatus[status]++;
      if (!requiresBackup(status)) return;
      totals.keys++;
      if (changedAt !== undefined) totals.changed++;
      if (record === undefined || record.notReadable !== undefined || status === 'notLookedAt') return;
      totals.intact++;
      if (drilledAt !== undefined) totals.proven++;
      const at = timeOfRecord(record);
      if (asOf === undefined || at < asOf) asOf = at;
    },
    totals(sources) {
      const versionsWaiting = sources.reduce((sum, source) => sum + source.versionsWaiting, 0);
      return { ...totals, versionsWaiting, asOf, byStatus };
    },
  };
}
