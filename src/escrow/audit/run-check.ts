import { failureHeadline } from '../model/failure.ts';
import type { Finding } from '../model/finding.ts';
import { asWarning, instant } from '../model/finding.ts';
import { timeMargin } from '../model/run-id.ts';
import { latestOccurrence, nextOccurrence, occurrencesBetween } from '../model/run-time.ts';
import type { SourceId } from '../model/source.ts';
import type { StoredRun } from '../records/stored-run.ts';
import type { AuditedRun } from './audit-document.ts';
import type { ReportSummary, SourceHistory } from './recent-outcomes.ts';
import { runIncomplete, runMissing, runsSkipped } from './source-findings.ts';

const minute = 60_000;
/** A run that is due may still be waiting in the queue. */
const graceMs = 60 * minute;
/** A run without a report is under way for so long, and dead afterwards: five deliveries of half an hour are less. */
const longestRunMs = 3 * 60 * minute;

/** The last run that must have begun by now. */
export function lastDueRun(schedule: string, now: Date): Date | undefined {
  return latestOccurrence(schedule, new Date(now.getTime() - graceMs));
}

/** What the audit before judged of the runs of a source. */
export interface RunsJudged {
  /** When it looked, and by which schedule. */
  readonly at: Date;
  readonly schedule: string;
  /** When the last run began that it knew of; undefined when it knew the source, and no run of it. */
  readonly lastRunAt: Date | undefined;
}

/**
 * Whether the source has had the runs that were due: begun, ended and ok. What was due last is a gap while it is not; of what
 * was due earlier, since the audit before, a later run has mended what counts, and the rest is a warning. A later run of the whole
 * source, on demand too, mends an incomplete one. By a schedule that has changed since the audit before nothing was due yet.
 * @param judged by the audit before; undefined where it did not know the source: only what was due last is judged.
 */
export function checkRuns(
  source: SourceId,
  history: SourceHistory,
  schedule: string,
  now: Date,
  judged: RunsJudged | undefined,
): Finding[] {
  const due = lastDueRun(schedule, now);
  if (due === undefined) return [];
  const newestFirst = [...history.runs].reverse();
  const begun = newestFirst.filter((run) => run.startedAt.getTime() >= due.getTime() - timeMargin);
  const hasChanged = judged !== undefined && judged.schedule !== schedule;
  const last = judgeLast(begun, history, now);
  const isNewlyDead = (run: StoredRun): boolean => judged !== undefined && isDead(run, now) && !isDead(run, judged.at);
  const dead = newestFirst.filter((run) => run !== last?.run && run.reports.length === 0 && isNewlyDead(run));
  return [
    ...(begun.length === 0 && !hasChanged
      ? [runMissing(source, due, newestFirst[0]?.startedAt ?? judged?.lastRunAt)]
      : []),
    ...(last === undefined ? [] : [runIncomplete(source, last.run.runId, last.how)]),
    ...(begun.length > 0 && judged !== undefined && !hasChanged
      ? runsSkipped(source, skippedSince(judged.at, due, schedule, newestFirst))
      : []),
    ...dead.map((run) => asWarning(runIncomplete(source, run.runId, leftNoReport(run)))),
  ];
}

/** What was due after the audit before had looked, up to the last, and has had no run before the next was due. */
function skippedSince(lookedAt: Date, due: Date, schedule: string, runs: readonly StoredRun[]): Date[] {
  const judgedUpTo = lastDueRun(schedule, lookedAt) ?? lookedAt;
  const next = nextOccurrence(schedule, due) ?? due;
  const dues = [...occurrencesBetween(schedule, judgedUpTo, due), ...(due > judgedUpTo ? [due] : [])];
  const hasBegun = (from: Date, before: Date): boolean =>
    runs.some(({ startedAt }) => +startedAt >= +from - timeMargin && +startedAt < +before - timeMargin);
  return dues.filter((from, index) => !hasBegun(from, dues[index + 1] ?? next));
}

/** The newest run that can be judged, when it is not ok. @param begun newest first. */
function judgeLast(
  begun: readonly StoredRun[],
  history: SourceHistory,
  now: Date,
): { readonly run: StoredRun; readonly how: string } | undefined {
  for (const run of begun) {
    const last = lastReportOf(run, history);
    if (last !== undefined) return last.status === 'ok' ? undefined : { run, how: howItFailed(last) };
    if (isDead(run, now)) return { run, how: leftNoReport(run) };
  }
  return undefined;
}

function isDead({ startedAt }: StoredRun, at: Date): boolean {
  return at.getTime() - startedAt.getTime() >= longestRunMs;
}

function leftNoReport({ startedAt }: StoredRun): string {
  return `it began ${instant(startedAt)} and has left no report`;
}

function howItFailed({ counts, problems }: ReportSummary): string {
  const keys = counts.failed === 0 ? [] : [`${counts.failed} of ${counts.considered} keys failed`];
  return [...keys, ...problems.map(failureHeadline)].join('; ') || 'its report does not say why';
}

/** The newest report speaks for a run that was resumed: it considers every key again. */
function lastReportOf(run: StoredRun, history: SourceHistory): ReportSummary | undefined {
  return reportsOf(run, history).at(-1);
}

/** Those of its reports that were read this time. */
function reportsOf(run: StoredRun, history: SourceHistory): ReportSummary[] {
  return run.reports.flatMap((blob) => history.reports.get(blob.name) ?? []);
}

const keptMs = 90 * 24 * 60 * minute;
const mostRuns = 400;

/** The history of runs for the audit, newest first: those just read, and what the audit before knew of older ones. */
export function auditedRuns(history: SourceHistory, earlier: readonly AuditedRun[], now: Date): AuditedRun[] {
  const runs = new Map(earlier.map((run) => [run.runId, run]));
  for (const run of history.runs) {
    const audited = auditedRun(run, history);
    if (audited !== undefined) runs.set(run.runId, audited);
  }
  return [...runs.values()]
    .filter((run) => Date.parse(run.startedAt) > now.getTime() - keptMs)
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt))
    .slice(0, mostRuns);
}

/** Undefined for a run whose reports were not read this time: the audit before has it. */
function auditedRun(run: StoredRun, history: SourceHistory): AuditedRun | undefined {
  const base = { runId: run.runId, startedAt: run.startedAt.toISOString() };
  if (run.reports.length === 0) return { ...base, status: 'unfinished' };
  const read = reportsOf(run, history);
  const last = read.at(-1);
  if (last === undefined) return undefined;
  const { counts, trigger, status, finishedAt } = last;
  return {
    ...base,
    status,
    trigger,
    finishedAt,
    durationMs: Math.max(0, Date.parse(finishedAt) - Date.parse(read[0]?.startedAt ?? last.startedAt)),
    considered: counts.considered,
    escrowed: counts.escrowed + counts.alreadyEscrowed,
    skipped: counts.skipped,
    failed: counts.failed,
    throttled: read.reduce((sum, report) => sum + report.throttled, 0),
    attempts: run.reports.length,
  };
}
