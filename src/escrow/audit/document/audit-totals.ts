import { type CoverageStatus, coverageStatuses, requiresBackup } from '../../model/coverage-status.ts';
import { type AuditedKey, type AuditedSource, type AuditHead, timeOfRecord } from '../../records/audit-document.ts';

function isIntact({ status, record }: Pick<AuditedKey, 'status' | 'record'>): boolean {
  return record !== undefined && record.notReadable === undefined && status !== 'notLookedAt';
}

export type AuditTally = ReturnType<typeof createTally>;

/** Counts the keys of the configured sources as they are audited: their versions change no total. */
export function createTally() {
  const byStatus = Object.fromEntries(coverageStatuses.map((status) => [status, 0])) as Record<CoverageStatus, number>;
  const totals = { keys: 0, intact: 0, proven: 0, changed: 0 };
  let asOf: string | undefined;
  return {
    add({ status, record, changedAt, drilledAt }: AuditedKey): void {
      byStatus[status]++;
      if (!requiresBackup(status)) return;
      totals.keys++;
      if (changedAt !== undefined) totals.changed++;
      if (record === undefined || !isIntact({ status, record })) return;
      totals.intact++;
      if (drilledAt !== undefined) totals.proven++;
      const at = timeOfRecord(record);
      if (asOf === undefined || at < asOf) asOf = at;
    },
    /** Takes back that a key, as it was added, is proven: another key has its name. */
    takeBackProof(key: AuditedKey): void {
      if (requiresBackup(key.status) && isIntact(key) && key.drilledAt !== undefined) totals.proven--;
    },
    totals(sources: readonly AuditedSource[]): AuditHead['totals'] {
      const versionsWaiting = sources.reduce((sum, source) => sum + source.versionsWaiting, 0);
      return { ...totals, versionsWaiting, asOf, byStatus };
    },
  };
}
