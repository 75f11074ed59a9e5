import type { Finding } from '../finding.ts';
import { asWarning, instant } from '../finding.ts';
import { timeMargin } from '../run-id.ts';
import { latestOccurrence, occurrencesBetween } from '../run-time.ts';
import type { SourceId } from '../source.ts';
import type { StoredRun } from '../stored-run.ts';
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

/**
 * Whether the source has had the runs that were due: begun, ended and ok. What was due last is a gap while it is not; of what
 * was due earlier, since the audit before, a later run has mended what counts, and the rest is a warning. A later run of the whole
 * source, on demand too, mends an incomplete one.
 * @param auditedAt when the audit before was made; undefined: only what was due last is judged.
 */
export function checkRuns(
  source: SourceId,
  history: SourceHistory,
  schedule: string,
  now: Date,
  auditedAt: Date | undefined,
): Finding[] {
  const due = lastDueRun(schedule, now);
  if (due === undefined) return [];
  const newestFirst = [...history.runs].reverse();
  const hasBegun = (from: Date, before: Date): boolean =>
    newestFirst.some(({ startedAt }) => +startedAt >= +from - timeMargin && +startedAt < +before - timeMargin);
  const begun = newestFirst.filter((run) => run.startedAt.getTime() >= due.getTime() - timeMargin);
  const earlier = auditedAt === undefined ? [] : occurrencesBetween(schedule, new Date(+auditedAt - graceMs), due);
  const skipped = earlier.filter((from, index) => !hasBegun(from, earlier[index + 1] ?? due));
  const dead = newestFirst.filter(
    (run) =>
      !begun.includes(run) && run.reports.length === 0 && isDead(run, now) && !(auditedAt && isDead(run, auditedAt)),
  );
  return [
    ...(begun.length === 0
      ? [runMissing(source, due, newestFirst[0]?.startedAt)]
      : judgeLast(source, begun, history, now)),
    ...runsSkipped(source, skipped),
    ...dead.map((run) => asWarning(leftNoReport(source, run))),
  ];
}

/** @param begun newest first. */
function judgeLast(source: SourceId, begun: readonly StoredRun[], history: SourceHistory, now: Date): Finding[] {
  for (const run of begun) {
    const last = lastReportOf(run, history);
    if (last === undefined) {
      if (!isDead(run, now)) continue;
      return [leftNoReport(source, run)];
    }
    return last.status === 'ok' ? [] : [runIncomplete(source, run.runId, howItFailed(last))];
  }
  return [];
}

function isDead({ startedAt }: StoredRun, at: Date): boolean {
  return at.getTime() - startedAt.getTime() >= longestRunMs;
}

function leftNoReport(source: SourceId, { runId, startedAt }: StoredRun): Finding {
  return runIncomplete(source, runId, `it began ${instant(startedAt)} and has left no report`);
}

function howItFailed({ counts, problems }: ReportSummary): string {
  const keys = counts.failed === 0 ? [] : [`${counts.failed} of ${counts.considered} keys failed`];
  return (
    [...keys, ...problems.map(({ message }) => message.replace(/\.$/, ''))].join('; ') || 'its report does not say why'
  );
}

/** The newest report speaks for a run that was resumed: it considers every key again. */
function lastReportOf(run: StoredRun, history: SourceHistory): ReportSummary | undefined {
  return run.reports
    .map((blob) => history.reports.get(blob.name))
    .filter((report) => report !== undefined)
    .at(-1);
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
  const read = run.reports.map((blob) => history.reports.get(blob.name)).filter((report) => report !== undefined);
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
