import { coverageStatuses, requiresBackup } from '../../model/coverage-status.ts';
import type { AuditedKey, AuditedSource, AuditHead } from '../../records/audit-document.ts';

/** @param keys of the configured sources. */
export function totalsOf(keys: Iterable<AuditedKey>, sources: readonly AuditedSource[]): AuditHead['totals'] {
  const byStatus = Object.fromEntries(coverageStatuses.map((status) => [status, 0])) as Record<
    AuditedKey['status'],
    number
  >;
  const totals = { keys: 0, intact: 0, proven: 0, changed: 0 };
  let asOf: string | undefined;
  for (const { status, record, changedAt, drilledAt } of keys) {
    byStatus[status]++;
    if (!requiresBackup(status)) continue;
    totals.keys++;
    if (changedAt !== undefined) totals.changed++;
    if (record === undefined || record.notReadable !== undefined || status === 'notLookedAt') continue;
    totals.intact++;
    if (drilledAt !== undefined) totals.proven++;
    const at = record.late ? record.backedUpAt : record.createdAt;
    if (asOf === undefined || at < asOf) asOf = at;
  }
  const versionsWaiting = sources.reduce((sum, source) => sum + source.versionsWaiting, 0);
  return { ...totals, versionsWaiting, ...(asOf !== undefined && { asOf }), byStatus };
}
