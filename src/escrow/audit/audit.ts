import type { Finding } from '../model/finding.ts';
import { scheduledRunId } from '../model/run-id.ts';
import type { EscrowSource } from '../model/source.ts';
import { sourcePath } from '../model/source-path.ts';
import type { EscrowStores } from '../ports/escrow-stores.ts';
import type { KeySource } from '../ports/key-source.ts';
import { checkCanary } from '../write-once/canary-check.ts';
import { readBasis } from './audit-basis.ts';
import type { Audit, AuditedSource, AuditTotals } from './audit-document.ts';
import { auditFormat } from './audit-document.ts';
import { calendarDays, calendarStart } from './calendar.ts';
import { findBrokenLinks, nextLink } from './chain-link.ts';
import type { CoverageStatus } from './coverage-status.ts';
import { coverageStatuses, isOwed } from './coverage-status.ts';
import { drillFindings } from './drill-history.ts';
import { earlierCoverageOf } from './earlier-coverage.ts';
import { findMissedAudits } from './missed-audits.ts';
import { emptyHistory } from './recent-outcomes.ts';
import { auditSource } from './source-audit.ts';
import { sourceLeftOut } from './source-findings.ts';

export interface AuditJob {
  readonly sources: readonly EscrowSource[];
  /** NCRONTAB of the nightly run and of the audit: what was due. */
  readonly schedule: string;
  readonly auditSchedule: string;
  readonly maxAgeHours: number;
  readonly maxDrillAgeDays: number | undefined;
}

export interface AuditPorts extends EscrowStores {
  readonly now: () => Date;
  readonly outOfTime: AbortSignal;
  keysOf(source: EscrowSource): KeySource;
}

/**
 * Audits every source and the escrow itself. Writes nothing. A source that cannot be read is a finding; the others are audited all the same.
 *
 * Cost, with a history of any length: a listing page per 25 keys, one HEAD per key, a thirtieth of the keys' versions; for
 * the whole escrow some twenty requests and one per run report since the audit before.
 * @throws ServiceError when the escrow container cannot be read; OutOfTime.
 */
export async function conductAudit(job: AuditJob, ports: AuditPorts): Promise<Audit> {
  const { container, outOfTime } = ports;
  const now = ports.now();
  const { trail, previous, histories, drills, fresh, digests } = await readBasis(job, ports, now, outOfTime);
  const context = {
    container,
    now,
    outOfTime,
    maxAgeHours: job.maxAgeHours,
    schedule: job.schedule,
    drills,
    earlierFrom: previous?.audit.calendar.from,
    before: previous?.audit,
  };
  const audited = await Promise.all(
    job.sources.map((source) => {
      const path = sourcePath(source);
      const history = histories.get(path) ?? emptyHistory();
      const subject = { source, keys: ports.keysOf(source), history, earlier: earlierCoverageOf(previous, path) };
      return auditSource(subject, context);
    }),
  );
  const writeOnce = await checkCanary(container, previous?.audit.writeOnce, outOfTime);
  const findings = [
    ...audited.flatMap((source) => source.findings),
    ...sourcesLeftOut(previous?.audit.sources ?? [], job.sources),
    ...(await findBrokenLinks(trail, fresh, digests, { stores: ports, now, outOfTime })),
    ...findMissedAudits(job.auditSchedule, trail, now),
    ...writeOnce.findings,
    ...drillFindings(drills.last, job.maxDrillAgeDays, now),
  ];
  return {
    format: auditFormat,
    auditId: scheduledRunId(now),
    startedAt: now.toISOString(),
    finishedAt: ports.now().toISOString(),
    container: container.url,
    status: findings.some(({ severity }) => severity === 'gap') ? 'gaps' : 'ok',
    asked: {
      schedule: job.schedule,
      auditSchedule: job.auditSchedule,
      maxAgeHours: job.maxAgeHours,
      ...(job.maxDrillAgeDays !== undefined && { maxDrillAgeDays: job.maxDrillAgeDays }),
    },
    totals: totalsOf(audited.map((source) => source.audited)),
    findings: inOrder(findings),
    sources: audited.map((source) => source.audited),
    calendar: { from: calendarStart(now), days: calendarDays },
    ...(writeOnce.seen && { writeOnce: writeOnce.seen }),
    ...(drills.last && { drill: drills.last }),
    chain: nextLink(previous, fresh, digests),
  };
}

/** Sources that the audit before had, and that nobody looks at any more. */
function sourcesLeftOut(before: readonly AuditedSource[], now: readonly EscrowSource[]): Finding[] {
  const configured = new Set(now.map(sourcePath));
  return before.filter(({ source }) => !configured.has(source)).map(sourceLeftOut);
}

/** Gaps before warnings; then as they were found: source by source. */
function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
}

export function totalsOf(sources: readonly AuditedSource[]): AuditTotals {
  const byStatus = Object.fromEntries(coverageStatuses.map((status) => [status, 0])) as Record<CoverageStatus, number>;
  let keys = 0;
  let restorable = 0;
  let asOf: string | undefined;
  for (const { status, record } of sources.flatMap((source) => source.keys)) {
    byStatus[status]++;
    if (!isOwed(status)) continue;
    keys++;
    if (record === undefined) continue;
    restorable++;
    if (asOf === undefined || record.createdAt < asOf) asOf = record.createdAt;
  }
  return { keys, restorable, ...(asOf !== undefined && { asOf }), byStatus };
}
