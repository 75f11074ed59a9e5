import { dayMs } from '../../escrow/model/day.ts';
import { type RunId, scheduledRunId } from '../../escrow/model/run-id.ts';
import { isSameSource, type SourceId } from '../../escrow/model/source.ts';
import type { EscrowStore } from '../../escrow/ports/escrow-store.ts';
import { parseRunBlobName, runPrefix } from '../../escrow/records/blob-names.ts';
import { readStartedMarker } from '../../escrow/records/run-report.ts';

/**
 * The newest run of the last day that a person's command began over one of these sources and that did not end well: after Ctrl-C or
 * a crash the same command line goes on with it. Undefined when there is none.
 */
export async function unfinishedRun(
  store: EscrowStore,
  sources: readonly SourceId[],
  now: Date,
  deadline: AbortSignal,
): Promise<RunId | undefined> {
  const startFrom = runPrefix(scheduledRunId(new Date(now.getTime() - dayMs)));
  const runs = new Map<string, { readonly runId: RunId; marker?: string; isOk: boolean }>();
  for await (const blob of store.list(runPrefix(), deadline, { startFrom, metadata: true })) {
    const parsed = parseRunBlobName(blob.name);
    if (parsed === undefined || !sources.some((source) => isSameSource(source, parsed.source))) continue;
    const id = `${parsed.runId} ${parsed.source.kind} ${parsed.source.name}`;
    const run = runs.get(id) ?? { runId: parsed.runId, isOk: false };
    runs.set(id, run);
    if (parsed.what === 'started') run.marker = blob.name;
    else run.isOk ||= blob.metadata.status === 'ok';
  }
  for (const run of [...runs.values()].reverse()) {
    if (run.marker === undefined || run.isOk) continue;
    if ((await readStartedMarker(store, run.marker, deadline))?.trigger === 'command') return run.runId;
  }
  return undefined;
}
