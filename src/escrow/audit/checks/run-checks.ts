import { count } from '../../model/count.ts';
import { type Finding, findingsOf, found, instant, type MakeFinding } from '../../model/finding.ts';
import { timeMargin } from '../../model/run-id.ts';
import { nextOccurrence, occurrencesBetween } from '../../model/run-time.ts';
import { isDead, type StoredRun } from '../../records/stored-run.ts';
import { keptMs, reportsOf, type SourceHistory } from '../../run/run-history.ts';
import { lastDueRun, type SourceAuditContext, type SourceToAudit } from '../inputs/audit-inputs.ts';

/** What the latest audit judged of the runs of a source. */
export interface RunsJudged {
  /** When it looked. */
  readonly at: Date;
  /** By which schedule; undefined where it did not know the source. */
  readonly schedule: string | undefined;
  /** When the last run began that it knew of; undefined when it knew the source, and no run of it. */
  readonly lastRunAt: Date | undefined;
}

/**
 * Whether the source has had the runs that were due: begun, ended and ok. What was due last is a gap while it is not; of what
 * was due earlier, since the latest audit, a later run has mended what counts, and the rest is a warning. A later run of the whole
 * source, on demand too, mends an incomplete one; one that began late, before the next was due, mends a missed one. By a schedule
 * that has changed since the latest audit nothing was due yet, nor of a source that has been added since.
 * @param judged undefined where there is no audit before: only what was due last is judged.
 * @param earlier what earlier audits knew as missed.
 * @returns `missed`: ISO instants when runs were due that never began, newest first.
 */
export function checkRuns(
  { source, history }: SourceToAudit,
  { schedule, now }: SourceAuditContext,
  judged: RunsJudged | undefined,
  earlier: readonly string[],
): { readonly findings: readonly Finding[]; readonly missed: string[] } {
  const due = lastDueRun(schedule, now);
  const hasChanged = judged !== undefined && judged.schedule !== schedule;
  const dues = due === undefined || hasChanged ? [] : duesSince(judged?.at, due, schedule);
  const keptSince = Math.min(now.getTime() - keptMs, (due ?? now).getTime());
  const hasNotBegun = (one: Date): boolean => isMissed(one, schedule, history.runs, now);
  const missed = [...new Set([...earlier, ...dues.map((one) => one.toISOString())])]
    .filter((one) => Date.parse(one) >= keptSince && hasNotBegun(new Date(one)))
    .sort((a, b) => b.localeCompare(a));
  if (due === undefined) return { findings: [], missed };
  const newestFirst = [...history.runs].reverse();
  const begun = newestFirst.filter((run) => run.startedAt.getTime() >= due.getTime() - timeMargin);
  const last = judgeLast(begun, history, now);
  const isNewlyDead = (run: StoredRun): boolean => judged !== undefined && isDead(run, now) && !isDead(run, judged.at);
  const dead = newestFirst.filter((run) => run !== last?.run && isNewlyDead(run));
  const skipped = begun.length > 0 && judged !== undefined ? dues.filter(hasNotBegun) : [];
  const lastAt = newestFirst[0]?.startedAt ?? judged?.lastRunAt;
  const lastBegun = lastAt === undefined ? 'no run is on record' : `the last one began ${instant(lastAt)}`;
  const of = findingsOf({ source });
  const findings = found(
    begun.length === 0 &&
      missed.includes(due.toISOString()) &&
      of('runMissing', 'gap', {
        reason: 'no run over it has begun since one was due',
        detail: `due ${instant(due)}; ${lastBegun}`,
        remedy: 'Check that the app runs (its timer "nightlyEscrow" and its queue), then back up the source (enqueue).',
      }),
    last && runIncomplete('gap', last.run, last.how, of),
    skipped[0] &&
      of('runMissing', 'warning', {
        reason: 'runs that were due never began',
        detail: `${count(skipped.length, 'run')}, the first due ${instant(skipped[0])}`,
        remedy: 'A later run has begun since; see in the log of the function nightlyEscrow why these did not.',
      }),
    ...dead.slice(0, maxDead).map((run) => runIncomplete('warning', run, leftNoReport(run), of)),
  );
  return { findings, missed };
}

/** Whoever may write markers can write many. */
const maxDead = 10;

/** What was due after the latest audit had looked, up to the last. @param lookedAt undefined: only the last one counts. */
function duesSince(lookedAt: Date | undefined, due: Date, schedule: string): Date[] {
  if (lookedAt === undefined) return [due];
  const judgedUpTo = lastDueRun(schedule, lookedAt) ?? lookedAt;
  return [...occurrencesBetween(schedule, judgedUpTo, due), ...(due > judgedUpTo ? [due] : [])];
}

/** Whether no run began before the next was due. */
function isMissed(due: Date, schedule: string, runs: readonly StoredRun[], now: Date): boolean {
  const nextDue = nextOccurrence(schedule, due) ?? now;
  return !runs.some(({ startedAt }) => +startedAt >= +due - timeMargin && +startedAt < +nextDue - timeMargin);
}

/** The newest run that can be judged, when it is not ok. @param begun newest first. */
function judgeLast(begun: readonly StoredRun[], history: SourceHistory, now: Date) {
  for (const run of begun) {
    // The newest report speaks for a run that was resumed: it considers every key again.
    const last = reportsOf(run, history).at(-1);
    if (last !== undefined)
      return last.status === 'ok' ? undefined : { run, how: last.why || 'its report does not say why' };
    if (isDead(run, now)) return { run, how: leftNoReport(run) };
  }
  return undefined;
}

function leftNoReport({ startedAt }: StoredRun): string {
  return `it began ${instant(startedAt)} and has left no report`;
}

function runIncomplete(severity: Finding['severity'], { runId }: StoredRun, how: string, of: MakeFinding): Finding {
  return of('runIncomplete', severity, {
    reason: 'a run is incomplete',
    detail: `run ${runId}: ${how}`,
    remedy: 'See the log lines with this runId, and its report; the next run that is ok mends it (enqueue).',
  });
}
