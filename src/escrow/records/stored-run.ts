import type { RunId } from '../model/run-id.ts';
import type { SourceId } from '../model/source.ts';
import { sourcePath } from '../model/source-path.ts';
import type { EscrowStore, StoredBlob } from '../ports/escrow-store.ts';
import { parseRunBlobName, periodPrefixes } from './blob-names.ts';

/** What the container holds of one run over one source. Times are the storage service's. */
export interface StoredRun {
  readonly runId: RunId;
  readonly source: SourceId;
  /** When its first blob was created: the marker, or a report where there is no marker. */
  readonly startedAt: Date;
  /** In order of creation; a run that was resumed has several, one that died before its end none. */
  readonly reports: readonly StoredBlob[];
}

const day = 24 * 60 * 60 * 1000;
/** A run may stand for an instant up to 7 days before it was made (`runTime`), and a little ahead of the clock. */
const runTimeLag = 8 * day;

/**
 * Every run made between two instants, of every source, without listing older ones: one request per ten days and 5,000
 * blobs. @param from of the creation; names are looked for from eight days earlier.
 */
export async function listRuns(
  container: EscrowStore,
  from: Date,
  now: Date,
  outOfTime: AbortSignal,
): Promise<StoredRun[]> {
  const runs = new Map<string, { runId: RunId; source: SourceId; startedAt: Date; reports: StoredBlob[] }>();
  const earliest = new Date(from.getTime() - runTimeLag);
  for (const prefix of periodPrefixes('runs', earliest, new Date(now.getTime() + day))) {
    for await (const blob of container.list(prefix, outOfTime, { metadata: true })) {
      const parsed = parseRunBlobName(blob.name);
      if (parsed === undefined) continue;
      const { runId, source, what } = parsed;
      const id = `${runId} ${sourcePath(source)}`;
      const run = runs.get(id) ?? { runId, source, startedAt: blob.createdAt, reports: [] };
      runs.set(id, run);
      if (blob.createdAt < run.startedAt) run.startedAt = blob.createdAt;
      if (what === 'report') run.reports.push(blob);
    }
  }
  for (const run of runs.values()) run.reports.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  return [...runs.values()]
    .filter(({ startedAt, reports }) => (reports.at(-1)?.createdAt ?? startedAt) >= from)
    .sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
}
