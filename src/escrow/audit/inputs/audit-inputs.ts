import { type CoverageContext, freshSinceOf } from '../../coverage/coverage-context.ts';
import { addDays, calendarDays, dayMs, dayOf } from '../../model/day.ts';
import { timeMargin } from '../../model/run-id.ts';
import { latestOccurrence } from '../../model/run-time.ts';
import { type EscrowSource, parseSourcePath, type SourceId, sourceFolders, sourcePath } from '../../model/source.ts';
import type { EscrowStore, EscrowStores } from '../../ports/escrow-store.ts';
import type { KeySource } from '../../ports/key-source.ts';
import { canaryName, requestFolder } from '../../records/blob-names.ts';
import { eachListed } from '../../records/bounded-read.ts';
import { readLatestAudit, type StoredAudit } from '../../records/stored-audits.ts';
import { listRuns, type StoredRun } from '../../records/stored-run.ts';
import { readHistories, type SourceHistory } from '../../run/run-history.ts';
import { type DrillHistory, readDrills } from './drill-history.ts';

/** Everything an audit reads beside the sources themselves and the record folders of their keys. */
export type AuditInputs = Awaited<ReturnType<typeof loadAuditInputs>>;

export interface SourceToAudit {
  readonly source: EscrowSource;
  readonly keys: KeySource;
  readonly history: SourceHistory;
  /** Requests that its witnesses may cost today. */
  readonly witnessRequests: number;
}

export interface SourceAuditContext extends CoverageContext {
  readonly schedule: string;
  readonly drills: DrillHistory;
}

/** Some ten requests, and one for each report and receipt that is new since the latest audit. */
export async function loadAuditInputs(
  { store, audits, drills }: EscrowStores,
  asked: { readonly sources: readonly SourceId[]; readonly schedule: string; readonly maxAgeHours: number },
  now: Date,
  deadline: AbortSignal,
) {
  const latest = await readLatestAudit(audits, deadline);
  const since = runsSince(latest.audit, asked, now);
  const { runs, newestAt, isComplete } = await listRuns(store, since, new Date(now.getTime() + dayMs), deadline);
  const paths = new Set(asked.sources.map(sourcePath));
  const isAsked = ({ source }: StoredRun): boolean => paths.has(sourcePath(source));
  const [histories, drilled, requests, canary, recorded] = await Promise.all([
    readHistories(store, runs.filter(isAsked), deadline),
    readDrills(drills, latest.audit, deadline),
    countRequests(store, latest.audit?.createdAt ?? since, deadline),
    store.find(canaryName, deadline),
    sourcesWithRecords(store, deadline),
  ]);
  const firstReport = runs.flatMap(({ reports }) => reports.map(({ createdAt }) => createdAt.getTime()));
  return {
    latest,
    /** What run reports say of the given sources, by source path. */
    histories,
    /** When the oldest run report of the period was created. */
    firstReportAt: firstReport.length === 0 ? undefined : new Date(firstReport.reduce((a, b) => Math.min(a, b))),
    /** When the newest blob of any run was created, however far ahead of now. */
    newestRunBlobAt: newestAt,
    drills: drilled,
    requests,
    canary,
    /** As the latest audit of this store saw it. */
    knownCanary: latest.audit?.head.container === store.url ? latest.audit.head.canary : undefined,
    /** Paths of sources that have records, configured or not. */
    recordedSources: recorded.sources,
    /** Folders that hold more than an audit looks at. */
    overfull: [
      ...(isComplete ? [] : ['runs/']),
      ...(requests.isComplete ? [] : [requestFolder]),
      ...(drilled.isComplete ? [] : ['drills/']),
      ...(recorded.isComplete ? [] : sourceFolders),
    ],
  };
}

/**
 * From when on runs are read: since the latest audit, and the whole of its day, whose marks in the calendars were not final; as
 * far as a record is fresh; as far as the run that was due last. Without an audit before, as far as a calendar goes.
 */
function runsSince(
  latest: StoredAudit | undefined,
  asked: { readonly schedule: string; readonly maxAgeHours: number },
  now: Date,
): Date {
  const lastDue = lastDueRun(asked.schedule, now)?.getTime() ?? Number.POSITIVE_INFINITY;
  const since =
    latest === undefined ? now.getTime() - calendarDays * dayMs : Date.parse(dayOf(new Date(latest.head.startedAt)));
  return new Date(Math.min(since, freshSinceOf({ now, ...asked }).getTime(), lastDue - timeMargin));
}

/** A run that is due may still be waiting in the queue. */
const graceMs = 60 * 60_000;

/** The last run that must have begun by now. */
export function lastDueRun(schedule: string, now: Date): Date | undefined {
  return latestOccurrence(schedule, new Date(now.getTime() - graceMs));
}

/** How many requests were recorded as not carried out. Their messages are anybody's who may send: none is read. */
async function countRequests(store: EscrowStore, since: Date, deadline: AbortSignal) {
  let recorded = 0;
  let latest: string | undefined;
  // A message may have waited for a week before it was recorded under its own day.
  const startFrom = requestFolder + addDays(dayOf(since), -8);
  const isComplete = await eachListed(store.list(requestFolder, deadline, { startFrom }), ({ name, createdAt }) => {
    if (createdAt < since) return;
    recorded++;
    latest = name;
  });
  return { recorded, latest, isComplete };
}

async function sourcesWithRecords(store: EscrowStore, deadline: AbortSignal) {
  const sources: string[] = [];
  let isComplete = true;
  for (const folder of sourceFolders) {
    const isAll = await eachListed(store.listFolders(folder, deadline), (path) => {
      if (parseSourcePath(path.slice(0, -1)) !== undefined) sources.push(path.slice(0, -1));
    });
    isComplete &&= isAll;
  }
  return { sources, isComplete };
}
