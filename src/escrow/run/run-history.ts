import { inParallel } from '../coverage/in-parallel.ts';
import { type Day, dayMs, dayOf } from '../model/day.ts';
import { keyNamePattern, sourcePath } from '../model/source.ts';
import type { EscrowStore, ListedBlob } from '../ports/escrow-store.ts';
import type { AuditedRun } from '../records/audit-document.ts';
import { oneLargeAtATime } from '../records/bounded-read.ts';
import { type RunReport, readRunReport } from '../records/run-report.ts';
import { maxEvidenceBytes, readOrWhy } from '../records/stored-json.ts';
import { byCreation, type StoredRun } from '../records/stored-run.ts';

// What run reports say. They are claims of the identity that backs up: they give the history of runs and why keys failed, and
// no judgement of a key becomes better by them.

/** A run report without its keys: what stays in memory of it. */
export type ReportSummary = Omit<RunReport, 'keys'>;

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
  /** Keys that failed, by lower-case name. */
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
const sourcesAtOnce = 8;

export function emptyHistory(): SourceHistory {
  return { runs: [], reports: new Map(), failures: new Map(), unreadable: [], unread: 0 };
}

/** Reads the reports of runs, oldest first; of too many the newest. @returns by source path. */
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
  const budget = { bytes: maxReportBytes };
  const withLarge = oneLargeAtATime();
  await inParallel([...histories.values()], sourcesAtOnce, async (history) => {
    const reports = history.runs.flatMap((run) => run.reports).sort(byCreation);
    history.unread = reports.length - newestWithin(reports, budget);
    for (const blob of reports.slice(history.unread))
      await withLarge(blob, () => foldReport(history, store, blob, deadline));
  });
  return histories;
}

/** How many of the newest reports are read. One that is too large to be read costs nothing. */
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
  store: EscrowStore,
  { name }: ListedBlob,
  deadline: AbortSignal,
): Promise<void> {
  const report = await readOrWhy(readRunReport(store, name, deadline), 'a report');
  if ('why' in report) return void history.unreadable.push({ name, why: report.why });
  const { keys, ...summary } = report;
  history.reports.set(name, summary);
  const day = dayOf(new Date(report.startedAt));
  for (const outcome of keys) {
    const keyName = outcome.key.toLowerCase();
    const known = history.failures.get(keyName);
    if (outcome.outcome !== 'failed') {
      if (known !== undefined) known.lastReason = undefined;
    } else if (keyNamePattern.test(outcome.key)) {
      const failures = known ?? { days: new Set<Day>(), lastReason: undefined };
      failures.days.add(day);
      failures.lastReason = outcome.reason;
      history.failures.set(keyName, failures);
    }
  }
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
  const last = read.at(-1);
  if (last === undefined) return undefined;
  const { counts, trigger, status, finishedAt } = last;
  return {
    ...base,
    status,
    trigger,
    finishedAt,
    durationMs: Math.max(0, Date.parse(finishedAt) - Date.parse(read[0]?.startedAt ?? last.startedAt)),
    considered: whole(counts.considered),
    escrowed: whole(counts.escrowed + counts.alreadyEscrowed),
    skipped: whole(counts.skipped),
    failed: whole(counts.failed),
    throttled: whole(read.reduce((sum, report) => sum + report.throttled, 0)),
    attempts: run.reports.length,
  };
}

/** A false report must not make an audit that cannot be saved. */
function whole(claimed: number): number {
  return Number.isSafeInteger(claimed) && claimed >= 0 ? claimed : 0;
}

/** The reports of a run that were read, in order. */
export function reportsOf(run: StoredRun, history: SourceHistory): ReportSummary[] {
  return run.reports.flatMap((blob) => history.reports.get(blob.name) ?? []);
}
