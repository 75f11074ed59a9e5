import type { RestorePlace } from '../model/source.ts';
import { sourcePath } from '../model/source-path.ts';
import type { AuditedKey, AuditedRecord } from './audit-document.ts';
import type { KeyDays } from './calendar.ts';
import { decodeMarks, encodeMarks, markDays } from './calendar.ts';
import type { CoverageContext, KeyCoverage, SourceToCover } from './coverage.ts';
import type { DrillHistory } from './drill-history.ts';
import { drilledKey } from './drill-history.ts';
import type { NewestRecord } from './newest-records.ts';
import type { WitnessedVersions } from './witness.ts';

export interface KeyAuditContext extends CoverageContext {
  readonly drills: DrillHistory;
  /** The first day of the calendar of the audit before. */
  readonly earlierFrom: string | undefined;
}

/** One key as the audit shows it. @param witnessed versions by lower-case key name. */
export function auditedKey(
  key: KeyCoverage,
  witnessed: ReadonlyMap<string, WitnessedVersions>,
  { source, history, earlier }: SourceToCover,
  { drills, earlierFrom, maxAgeHours, now }: KeyAuditContext,
): AuditedKey {
  const name = key.key.toLowerCase();
  const before = earlier.keys.get(name);
  const id = key.listed?.id ?? before?.id;
  const enabled = key.listed?.enabled ?? before?.enabled;
  const updatedAt = key.listed?.updatedAt?.toISOString() ?? before?.updatedAt;
  const versions = witnessed.get(name);
  const drilledAt = drills.proven.get(drilledKey(sourcePath(source), name));
  const days: KeyDays = {
    earlier:
      before === undefined || earlierFrom === undefined
        ? undefined
        : {
            from: earlierFrom,
            marks: decodeMarks(before.days),
            newestAt: before.record && new Date(before.record.createdAt),
          },
    outcomes: history.keys.get(name)?.days ?? new Map(),
    status: key.status,
    firstSeenAt:
      earlier.audited === undefined ? laterOf(key.firstSeenAt, history.runs[0]?.startedAt ?? now) : key.firstSeenAt,
    newestAt: key.record?.createdAt,
  };
  return {
    key: key.key,
    ...(id && { id }),
    status: key.status,
    ...(enabled !== undefined && { enabled }),
    ...(updatedAt && { updatedAt }),
    firstSeenAt: key.firstSeenAt.toISOString(),
    ...(key.record && { record: auditedRecord(key.record, source.place) }),
    ...(versions && { versions }),
    ...(drilledAt && { drilledAt }),
    days: encodeMarks(markDays(days, maxAgeHours, now)),
  };
}

/** Without an audit before, nothing was due before the first run that is known. */
function laterOf(a: Date, b: Date): Date {
  return a > b ? a : b;
}

function auditedRecord(record: NewestRecord, placeNow: RestorePlace): AuditedRecord {
  const { blobName, bytes, sha256, createdAt, runId, place } = record;
  const isElsewhere = (['subscriptionId', 'geography', 'securityDomain'] as const).some(
    (label) => place[label] !== placeNow[label],
  );
  return {
    blobName,
    bytes,
    sha256: sha256 ?? '',
    createdAt: createdAt.toISOString(),
    ...(runId && { runId }),
    ...(isElsewhere && { place }),
  };
}
