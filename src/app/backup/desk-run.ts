import { dayMs } from '../../escrow/model/day.ts';
import { type RunId, scheduledRunId } from '../../escrow/model/run-id.ts';
import { isSameSource, type SourceId, sourcePath } from '../../escrow/model/source.ts';
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
  const begun: { readonly runId: RunId; readonly run: string; readonly marker: string }[] = [];
  const ended = new Set<string>();
  for await (const blob of store.list(runPrefix(), deadline, { startFrom, metadata: true })) {
    const parsed = parseRunBlobName(blob.name);
    if (parsed === undefined || !sources.some((source) => isSameSource(source, parsed.source))) continue;
    const { runId } = parsed;
    const run = `${runId} ${sourcePath(parsed.source)}`;
    if (parsed.what === 'started') begun.push({ runId, run, marker: blob.name });
    else if (blob.metadata.status === 'ok') ended.add(run);
  }
  for (const { runId, run, marker } of begun.reverse()) {
    if (ended.has(run)) continue;
    if ((await readStartedMarker(store, marker, deadline))?.trigger === 'command') return runId;
  }
  return undefined;
}
