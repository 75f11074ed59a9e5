import { calendarStart, decodeMarks, encodeMarks, markDays } from '../coverage/calendar.ts';
import { calendarDays, type Day } from '../model/day.ts';
import { scheduledRunId } from '../model/run-id.ts';
import { type EscrowSource, sourcePath } from '../model/source.ts';
import type { EscrowStores } from '../ports/escrow-store.ts';
import type { KeySource } from '../ports/key-source.ts';
import type { StorageAdministration } from '../ports/storage-protection.ts';
import { type Audit, type AuditedKey, type AuditedSource, auditFormat } from '../records/audit-document.ts';
import { joinKeys, packKeys } from '../records/packed-keys.ts';
import type { StoredAudit } from '../records/stored-audits.ts';
import { emptyHistory } from '../run/run-history.ts';
import { checkEscrow } from './checks/escrow-checks.ts';
import { checkLeftOut } from './checks/source-checks.ts';
import { createTally } from './document/audit-totals.ts';
import { type AuditInputs, loadAuditInputs } from './inputs/audit-inputs.ts';
import { readProtection } from './inputs/storage-protection.ts';
import { auditSource } from './source-audit.ts';

export interface AuditJob {
  readonly sources: readonly EscrowSource[];
  /** NCRONTAB of the nightly run and of the audit: what was due. */
  readonly schedule: string;
  readonly auditSchedule: string;
  readonly maxAgeHours: number;
  readonly maxDrillAgeDays: number | undefined;
  readonly owner?: string | undefined;
  readonly version?: string;
  /** Milliseconds that an invocation has; a tenth of them goes to the versions of keys. */
  readonly functionTimeoutMs: number;
}

export interface AuditPorts extends EscrowStores {
  readonly now: () => Date;
  /** What was not examined by then is reported as not looked at. */
  readonly deadline: AbortSignal;
  keysOf(source: EscrowSource): KeySource;
  /** Undefined where the settings do not say which storage account it is, and for a folder. */
  readonly storage: StorageAdministration | undefined;
}

/**
 * Audits every source and the escrow itself: reads its inputs, checks, and makes the document. Writes nothing. A source that
 * cannot be read is a finding, and so is whatever could not be looked at; the others are audited all the same.
 *
 * Cost, with a history of any length: a listing page per 25 keys, one listing per key, a thirtieth of the keys' versions; for the
 * whole escrow some twenty requests and one per report and receipt since the latest audit.
 * @throws ServiceError when a store cannot be listed; OutOfTime.
 */
export async function conductAudit(job: AuditJob, ports: AuditPorts): Promise<Audit> {
  const now = ports.now();
  const [inputs, protection] = await Promise.all([
    loadAuditInputs(ports, job, now, ports.deadline),
    readProtection(ports),
  ]);
  const previous = inputs.latest.audit;
  const context = { ...job, store: ports.store, now, previous, drills: inputs.drills, deadline: ports.deadline };
  const tally = createTally();
  const audited = await Promise.all(
    job.sources.map((source) => {
      const history = inputs.histories.get(sourcePath(source)) ?? emptyHistory();
      const witnessRequests = Math.floor((job.functionTimeoutMs / 10_000) * source.maxBackupsPerSecond);
      return auditSource({ source, keys: ports.keysOf(source), history, witnessRequests }, context, tally);
    }),
  );
  const configured = new Set(job.sources.map(sourcePath));
  const leftOut = (previous?.head.sources ?? []).filter(({ source }) => !configured.has(source));
  const findings = [
    ...audited.flatMap((source) => source.findings),
    ...checkLeftOut(leftOut),
    ...checkEscrow(inputs, { ...job, now, configured }),
  ];
  const sources = audited.map((source) => source.audited);
  return {
    ...documentHead(job, inputs, now),
    finishedAt: ports.now().toISOString(),
    container: ports.store.url,
    protection,
    status: findings.some(({ severity }) => severity === 'gap') ? 'gaps' : 'ok',
    totals: tally.totals(sources),
    // Gaps before warnings; then as they were found: source by source.
    findings: findings.toSorted((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning')),
    sources: [...sources, ...leftOutSources(leftOut, now)],
    keys: joinKeys([...audited.map((one) => one.keys), packKeys(leftOutKeys(leftOut, previous, now))]),
  };
}

function documentHead(job: AuditJob, { latest, canary, drills }: AuditInputs, now: Date) {
  const { schedule, auditSchedule, maxAgeHours, maxDrillAgeDays, owner, version } = job;
  const { audit } = latest;
  return {
    format: auditFormat,
    auditId: scheduledRunId(now),
    startedAt: now.toISOString(),
    asked: { schedule, auditSchedule, maxAgeHours, maxDrillAgeDays, owner },
    version,
    calendar: { from: calendarStart(now), days: calendarDays },
    canary: canary && { etag: canary.etag, createdAt: canary.createdAt.toISOString() },
    drill: drills.last,
    previous: audit && { name: audit.name, sha256: audit.sha256 },
  } as const;
}

/** What is known of sources that the settings name no longer stays: they may come back, and their keys be restored. */
function leftOutSources(leftOut: readonly AuditedSource[], now: Date): AuditedSource[] {
  return leftOut.map((one) => ({ ...one, leftOutSince: one.leftOutSince ?? now.toISOString(), versionsWaiting: 0 }));
}

function* leftOutKeys(
  leftOut: readonly AuditedSource[],
  previous: StoredAudit | undefined,
  now: Date,
): Generator<AuditedKey> {
  if (previous === undefined) return;
  const { from } = previous.head.calendar;
  const skipped = { backups: new Map(), failures: new Set<Day>(), status: 'excluded', dueSince: now } as const;
  for (const { source } of leftOut) {
    for (const key of previous.keysOf(source)) {
      const before = { from, marks: decodeMarks(key.days), recordAt: undefined };
      const marks = markDays({ ...skipped, previous: before, recordAt: undefined }, 0, now);
      yield { ...key, days: encodeMarks(marks) };
    }
  }
}
