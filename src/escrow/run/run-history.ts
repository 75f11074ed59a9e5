import { digits } from '../model/count.ts';
import { type Day, dayMs, dayOf } from '../model/day.ts';
import { failureHeadline } from '../model/failure.ts';
import { keyNamePattern, sourcePath } from '../model/source.ts';
import type { EscrowStore, ListedBlob } from '../ports/escrow-store.ts';
import type { AuditedRun } from '../records/audit-document.ts';
import { inParallel, oneLargeAtATime } from '../records/bounded-read.ts';
import { type RunReport, readRunReport } from '../records/run-report.ts';
import { maxEvidenceBytes, readOrWhy } from '../records/stored-json.ts';
import type { StoredRun } from '../records/stored-run.ts';

// What run reports say. They are claims of the identity that backs up: they give the history of runs and why keys failed, and
// no judgement of a key becomes better by them.

type ReportSummary = ReturnType<typeof summaryOf>;

/** Why a key failed, as far as reports say. */
export interface KeyFailures {
  readonly days: Set<Day>;
  /** The reason that the newest report gives, when it says that the key failed. */
  lastReason: string | undefined;
}

/** What the reports of a period say about one source. */
export interface SourceHistory {
  /** In order of their beginning. */
  readonly runs: StoredRun[];
  /** By blob name. */
  readonly reports: Map<string, ReportSummary>;
  /** Keys that failed, by lower-case name; so many as memory has room for. */
  readonly failures: Map<string, KeyFailures>;
  /** Reports that cannot be read, or are none, each with why. */
  readonly unreadable: { readonly name: string; readonly why: string }[];
  /** How many were left unread because there are too many. */
  unread: number;
}

/** Of one source: a run a night for three months, and some. */
const maxReports = 120;
/** Of all sources together: three months of nights over 80,000 keys. Whoever may write reports can make each of them 64 MB. */
const maxReportBytes = 2 * 1024 ** 3;
/** Of all sources together, and characters of what is wrong with one. */
const maxFailedKeys = 200_000;
const maxReason = 1000;
const sourcesAtOnce = 8;

export function emptyHistory(): SourceHistory {
  return { runs: [], reports: new Map(), failures: new Map(), unreadable: [], unread: 0 };
}

/** Reads the reports of runs in their order; of too many the last. @returns by source path. */
export async function readHistories(
  store: EscrowStore,
  runs: readonly StoredRun[],
  deadline: AbortSignal,
): Promise<Map<string, SourceHistory>> {
  const histories = new Map<string, SourceHistory>();
  for (const run of runs) {
    const path = sourcePath(run.source);
    const history = histories.get(path) ?? emptyHistory();
    histories.set(path, history);
    history.runs.push(run);
  }
  const budget = { bytes: maxReportBytes, failedKeys: maxFailedKeys };
  const withLarge = oneLargeAtATime();
  await inParallel([...histories.values()], sourcesAtOnce, async (history) => {
    const reports = history.runs.flatMap((run) => run.reports);
    history.unread = reports.length - newestWithin(reports, budget);
    for (const blob of reports.slice(history.unread))
      await withLarge(blob, () => foldReport(history, budget, store, blob, deadline));
  });
  return histories;
}

/** How many of the last reports are read. One that is too large to be read costs nothing. */
function newestWithin(reports: readonly ListedBlob[], budget: { bytes: number }): number {
  let count = 0;
  for (const { length } of reports.slice(-maxReports).reverse()) {
    const cost = length > maxEvidenceBytes ? 0 : length;
    if (cost > budget.bytes) break;
    budget.bytes -= cost;
    count++;
  }
  return count;
}

async function foldReport(
  history: SourceHistory,
  budget: { failedKeys: number },
  store: EscrowStore,
  { name }: ListedBlob,
  deadline: AbortSignal,
): Promise<void> {
  const report = await readOrWhy(readRunReport(store, name, deadline), 'a report');
  if ('why' in report) return void history.unreadable.push({ name, why: report.why });
  const summary = summaryOf(report);
  history.reports.set(name, summary);
  const day = dayOf(summary.startedAt);
  for (const outcome of report.keys) {
    const keyName = outcome.key.toLowerCase();
    const known = history.failures.get(keyName);
    if (outcome.outcome !== 'failed') {
      if (known !== undefined) known.lastReason = undefined;
    } else if (known !== undefined || (budget.failedKeys > 0 && keyNamePattern.test(outcome.key))) {
      if (known === undefined) budget.failedKeys--;
      const failures = known ?? { days: new Set<Day>(), lastReason: undefined };
      failures.days.add(day);
      failures.lastReason = brief(outcome.reason);
      history.failures.set(keyName, failures);
    }
  }
}

/** What stays in memory of a run report. Whoever wrote it chose its texts, of any length. */
function summaryOf({ trigger, status, counts, throttled, startedAt, finishedAt, problems }: RunReport) {
  const keys = counts.failed === 0 ? [] : [`${digits(counts.failed)} of ${digits(counts.considered)} keys failed`];
  return {
    ...{ trigger, status, counts, throttled },
    startedAt: new Date(startedAt),
    finishedAt: new Date(finishedAt),
    /** Why it is not ok, as far as it says. */
    why: [...keys, ...problems.slice(0, 10).map((problem) => brief(failureHeadline(problem)))].join('; '),
  };
}

/** A copy: a slice of a text keeps the whole of it in memory. */
function brief(text: string): string {
  return Buffer.from(text.slice(0, maxReason)).toString();
}

/** So long the audit keeps the history of runs. */
export const keptMs = 90 * dayMs;
const maxRuns = 400;

/** The history of runs for the audit, newest first: those just read, and what the latest audit knew of older ones. */
export function auditedRuns(history: SourceHistory, previous: readonly AuditedRun[], now: Date): AuditedRun[] {
  const runs = new Map(previous.map((run) => [run.runId, run]));
  for (const run of history.runs) {
    const audited = auditedRun(run, history);
    if (audited !== undefined) runs.set(run.runId, audited);
  }
  return [...runs.values()]
    .filter((run) => Date.parse(run.startedAt) > now.getTime() - keptMs)
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt))
    .slice(0, maxRuns);
}

/** Undefined for a run whose reports could not be read this time: the latest audit may have it. */
function auditedRun(run: StoredRun, history: SourceHistory): AuditedRun | undefined {
  const base = { runId: run.runId, startedAt: run.startedAt.toISOString() };
  if (run.reports.length === 0) return { ...base, status: 'unfinished' };
  const read = reportsOf(run, history);
  const [first] = read;
  const last = read.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const { counts, trigger, status, finishedAt } = last;
  return {
    ...base,
    status,
    trigger,
    finishedAt: finishedAt.toISOString(),
    durationMs: Math.max(0, finishedAt.getTime() - first.startedAt.getTime()),
    considered: counts.considered,
    escrowed: sumOf(counts.escrowed, counts.alreadyEscrowed),
    skipped: counts.skipped,
    failed: counts.failed,
    throttled: sumOf(...read.map((report) => report.throttled)),
    attempts: run.reports.length,
  };
}

/** False reports must not make an audit that cannot be saved. */
function sumOf(...claimed: readonly number[]): number {
  const sum = claimed.reduce((left, right) => left + right);
  return Number.isSafeInteger(sum) ? sum : 0;
}

/** The reports of a run that were read, in order. */
export function reportsOf(run: StoredRun, history: SourceHistory): ReportSummary[] {
  return run.reports.flatMap((blob) => history.reports.get(blob.name) ?? []);
}
