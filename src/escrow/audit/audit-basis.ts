import { timeMargin } from '../model/run-id.ts';
import type { StoredBlob } from '../ports/escrow-store.ts';
import type { EscrowStores } from '../ports/escrow-stores.ts';
import { sha256Of } from '../records/put-once.ts';
import { listRuns } from '../records/stored-run.ts';
import type { AuditTrail, SoundAudit } from './audit-trail.ts';
import { readAuditTrail } from './audit-trail.ts';
import { calendarDays, dayOf } from './calendar.ts';
import { auditSpan, isNewEvidence } from './chain-link.ts';
import { freshSinceOf } from './coverage.ts';
import type { DrillHistory } from './drill-history.ts';
import { readDrills } from './drill-history.ts';
import { listEvidence, readEach, storeOf } from './evidence.ts';
import type { SourceHistory } from './recent-outcomes.ts';
import { readOutcomes } from './recent-outcomes.ts';
import { lastDueRun } from './run-check.ts';

/** All that an audit goes by beside the sources themselves and the records of their keys. */
export interface AuditBasis {
  readonly trail: AuditTrail;
  /** The newest sound audit. */
  readonly previous: SoundAudit | undefined;
  /** What run reports say, by source path. */
  readonly histories: ReadonlyMap<string, SourceHistory>;
  readonly drills: DrillHistory;
  /** Evidence that this audit is the first to list. */
  readonly fresh: readonly StoredBlob[];
  /** SHA-256 of everything that was read, by blob name. */
  readonly digests: ReadonlyMap<string, string>;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Some ten requests, and one for each blob that is new since the audit before. */
export async function readBasis(
  asked: { readonly schedule: string; readonly maxAgeHours: number },
  stores: EscrowStores,
  now: Date,
  outOfTime: AbortSignal,
): Promise<AuditBasis> {
  const trail = await readAuditTrail(stores.audits, now, outOfTime);
  const previous = trail.newest;
  const runs = await listRuns(stores.container, runsSince(previous, asked, now), now, outOfTime);
  const evidence = await listEvidence(stores, runs, outOfTime);
  const isNew = isNewEvidence(previous);
  const digests = new Map(trail.unsound.map(({ name, sha256 }) => [name, sha256]));
  const seen = (name: string, sha256: string): unknown => digests.set(name, sha256);

  const histories = await readOutcomes(
    stores.container,
    runs,
    () => true,
    outOfTime,
    ({ blob, sha256 }) => seen(blob.name, sha256),
  );
  const receipts = { all: evidence.drills, isNew };
  const drills = await readDrills(stores.drills, receipts, previous?.audit, outOfTime, seen);
  const fresh = [...evidence.reports, ...evidence.drills, ...evidence.requests, ...trail.blobs].filter(isNew);
  const unread = fresh.map(({ name }) => name).filter((name) => !digests.has(name));
  await readEach(
    (name) => storeOf(stores, name),
    unread,
    outOfTime,
    (name, bytes) => seen(name, sha256Of(bytes)),
  );
  return { trail, previous, histories, drills, fresh, digests };
}

/**
 * From when on runs are read: since the audit before, and the whole of its day, whose marks in the calendars were not final; as
 * far as a record is fresh; as far as the run that was due last. Without an audit before, as far as a calendar goes.
 */
function runsSince(
  previous: SoundAudit | undefined,
  { schedule, maxAgeHours }: { readonly schedule: string; readonly maxAgeHours: number },
  now: Date,
): Date {
  const lastDue = lastDueRun(schedule, now)?.getTime() ?? Number.POSITIVE_INFINITY;
  const since =
    previous === undefined
      ? now.getTime() - calendarDays * dayMs
      : Math.min(previous.createdAt.getTime() - auditSpan, Date.parse(dayOf(previous.createdAt)));
  return new Date(Math.min(since, freshSinceOf({ now, maxAgeHours }).getTime(), lastDue - timeMargin));
}
