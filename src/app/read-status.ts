import { checkClock } from '../escrow/audit/checks/clock-check.ts';
import { checkCoverage, checkIdentity } from '../escrow/audit/checks/key-checks.ts';
import { silenceChecks } from '../escrow/audit/checks/source-checks.ts';
import { knownLoss } from '../escrow/audit/document/audited-key.ts';
import { coverSource, type KeyCoverage } from '../escrow/coverage/coverage.ts';
import { type CoverageContext, freshSinceOf } from '../escrow/coverage/coverage-context.ts';
import { type CoverageStatus, coverageStatuses } from '../escrow/model/coverage-status.ts';
import { dayMs } from '../escrow/model/day.ts';
import { type Finding, findingMessage } from '../escrow/model/finding.ts';
import { type EscrowSource, sourcePath } from '../escrow/model/source.ts';
import { isLiteral, matchesAny } from '../escrow/model/wildcard.ts';
import { timeOfRecord } from '../escrow/records/audit-document.ts';
import { parseRecordName } from '../escrow/records/blob-names.ts';
import { readLatestAudit } from '../escrow/records/stored-audits.ts';
import { lastEndedRunAt, listRuns, type StoredRun } from '../escrow/records/stored-run.ts';
import type { RecordQuery } from './find-records.ts';
import { chooseConfigured, complete, unknownName } from './known-names.ts';
import type { Task } from './task.ts';

export type { CoverageStatus };

export interface KeyStatus extends Omit<KeyCoverage, 'folder' | 'previousKey'> {
  /** What an audit would say of it. */
  readonly findings: readonly Finding[];
}

type SourceStatus = Awaited<ReturnType<typeof readSource>>;

export type EscrowStatus = Awaited<ReturnType<typeof readStatus>>;

/** Coverage as the audit judges it, now, in the same folders. @throws UsageFault */
export async function readStatus(query: Pick<RecordQuery, 'source' | 'names'>, maxAgeHours: number, task: Task) {
  const { services, signal: deadline } = task;
  const now = services.now();
  const { audit: previous } = await readLatestAudit(services.audits, deadline);
  const context = { store: services.store, now, maxAgeHours, previous, deadline };
  const chosen = chooseConfigured(query.source, task);
  const until = new Date(now.getTime() + dayMs);
  const { runs, newestAt } = await listRuns(services.store, freshSinceOf(context), until, deadline);
  const read = await Promise.all(
    chosen.map((source) => {
      const ofSource = runs.filter((run) => sourcePath(run.source) === sourcePath(source));
      return readSource(source, ofSource, context, task);
    }),
  );
  const names = query.names?.map((name) => meantKey(name, read, task));
  const ofClock = checkClock(previous, newestAt, now).filter(({ severity }) => severity === 'gap');
  for (const one of ofClock) task.say(findingMessage(one));
  const sources = read.map((one) => ({
    ...one,
    keys: names === undefined ? one.keys : one.keys.filter(({ key }) => matchesAny(names, key)),
  }));
  const areRight = sources.every(
    ({ unreadable, problems, keys }) => unreadable === undefined && problems.length === 0 && !keys.some(needsAttention),
  );
  return { asOf: now, maxAgeHours, sources, isRight: areRight && ofClock.length === 0 };
}

/**
 * @returns `unreadable`: why it could not be listed; its keys are then those known from before. `problems`: what would leave the
 * whole source without backups.
 */
async function readSource(
  source: EscrowSource,
  runs: readonly StoredRun[],
  context: CoverageContext,
  { services }: Task,
) {
  const { now, maxAgeHours } = context;
  const keySource = services.keysOf(source);
  const cover = (lastRunAt: Date | undefined) => {
    const subject = { source, keys: keySource, lastRunAt, wholeFolders: () => new Set<string>() };
    return coverSource(subject, context, (covered): KeyStatus => {
      const { folder: _, previousKey, ...shown } = covered;
      const findings = checkCoverage(covered, { source, now, maxAgeHours, lastFailure: undefined });
      // Versions are for audits to look at: what the last one saw of them stands.
      const seen = previousKey && { ...previousKey, status: covered.status, lost: knownLoss(covered, now) };
      const identity = seen === undefined ? [] : checkIdentity(source, seen, now);
      return { ...shown, findings: [...findings, ...identity] };
    });
  };
  let coverage = await cover(lastEndedRunAt(runs, now));
  // A copy has neither runs nor audits: its records show that there was a run.
  const copiedRunAt = runs.length > 0 || context.previous ? undefined : wholeRunAt(coverage.keys);
  if (copiedRunAt !== undefined) coverage = await cover(copiedRunAt);
  const { unreadable, keys } = coverage;
  return { source, unreadable, problems: silenceChecks(coverage), keys };
}

/** When the newest run over a whole source was, by what it left of several keys: one key may have been asked for by itself. */
function wholeRunAt(keys: readonly KeyStatus[]): Date | undefined {
  const records = keys.flatMap(({ record }) => (record === undefined ? [] : [record]));
  const byRun = Map.groupBy(records, ({ blobName }) => parseRecordName(blobName)?.runId);
  const times = [...byRun.values()].filter((ofRun) => ofRun.length > 1).flatMap((ofRun) => ofRun.map(timeOfRecord));
  const newest = times.sort().at(-1);
  return newest === undefined ? undefined : new Date(newest);
}

export function needsAttention({ status, findings }: KeyStatus): boolean {
  return status === 'notLookedAt' || findings.some(({ severity }) => severity === 'gap');
}

/** How many keys have each status, in one order. */
export function countStatuses(keys: readonly KeyStatus[]) {
  return coverageStatuses
    .map((status) => [status, keys.filter((key) => key.status === status).length] as const)
    .filter(([, number]) => number > 0);
}

/** Silence about a mistyped name would pass for good news. What an unreadable source has is not known. */
function meantKey(typed: string, read: readonly SourceStatus[], { say }: Task): string {
  const known = read.flatMap(({ keys }) => keys.map(({ key }) => key));
  if (known.some((key) => matchesAny([typed], key))) return typed;
  const meant = isLiteral(typed) ? complete(typed, known, say) : undefined;
  if (meant !== undefined) return meant;
  if (read.some(({ unreadable }) => unreadable !== undefined)) return typed;
  const message = `no key is named ${JSON.stringify(typed)} in what is configured`;
  throw unknownName(message, typed, known, 'See every key: `keyvault-escrow status`.');
}
