import { addDays, dayOf, stampOf } from '../model/day.ts';
import { precedesRun, type RunId, runTimeLagDays } from '../model/run-id.ts';
import { type SourceId, sourcePath } from '../model/source.ts';
import type { EscrowStore, ListedBlob } from '../ports/escrow-store.ts';
import { parseRunBlobName, runPrefix } from './blob-names.ts';
import { eachListed } from './bounded-read.ts';

/** What the store holds of one run over one source. Times are the storage service's. */
export interface StoredRun {
  readonly runId: RunId;
  readonly source: SourceId;
  /** When its first blob was created: the marker, or a report where there is no marker. */
  readonly startedAt: Date;
  /** In order of creation; a run that was resumed has several, one that died before its end none. */
  readonly reports: readonly ListedBlob[];
}

/**
 * Every run made between two instants, of every source, in order of their beginning: one request per 5,000 blobs from eight days
 * before the first instant on.
 * @returns `newestAt`: when the newest of all their blobs was created, after the period too; `isComplete`: whether all were listed.
 */
export async function listRuns(store: EscrowStore, from: Date, to: Date, deadline: AbortSignal) {
  const runs = new Map<string, { runId: RunId; source: SourceId; startedAt: Date; reports: ListedBlob[] }>();
  let newestAt: Date | undefined;
  const startFrom = runPrefix() + stampOf(addDays(dayOf(from), -runTimeLagDays));
  const isComplete = await eachListed(store.list(runPrefix(), deadline, { startFrom }), (blob) => {
    const parsed = parseRunBlobName(blob.name);
    if (newestAt === undefined || blob.createdAt > newestAt) newestAt = blob.createdAt;
    if (parsed === undefined || blob.createdAt > to) return;
    const { runId, source, what } = parsed;
    // Somebody foresaw the run: it has not begun then, and neither has it reported.
    if (precedesRun(blob.createdAt, runId)) return;
    const id = `${runId} ${sourcePath(source)}`;
    const run = runs.get(id) ?? { runId, source, startedAt: blob.createdAt, reports: [] };
    runs.set(id, run);
    if (blob.createdAt < run.startedAt) run.startedAt = blob.createdAt;
    if (what === 'report') run.reports.push(blob);
  });
  for (const run of runs.values()) run.reports.sort(byCreation);
  const made: StoredRun[] = [...runs.values()]
    .filter(({ startedAt, reports }) => (reports.at(-1)?.createdAt ?? startedAt) >= from)
    .sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
  return { runs: made, newestAt, isComplete };
}

/** Oldest first; within a second the report of the resumed run is later, which has the longer name. */
function byCreation(a: ListedBlob, b: ListedBlob): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || a.name.length - b.name.length;
}

/** A run without a report is under way for so long, and dead afterwards: five deliveries of half an hour are less. */
const longestRunMs = 3 * 60 * 60_000;

export function isDead({ startedAt, reports }: StoredRun, at: Date): boolean {
  return reports.length === 0 && at.getTime() - startedAt.getTime() >= longestRunMs;
}

/** When the newest run began that has ended, dead or not: of one that is under way nothing can be missed yet. */
export function lastEndedRunAt(runs: readonly StoredRun[], now: Date): Date | undefined {
  return runs.findLast((run) => run.reports.length > 0 || isDead(run, now))?.startedAt;
}
