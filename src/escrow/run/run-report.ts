import type { Failure } from '../model/failure.ts';
import type { Outcome, OutcomeCounts } from '../model/outcome.ts';
import type { RunId } from '../model/run-id.ts';
import type { EscrowSource, RestorePlace, SourceKind } from '../model/source.ts';
import { sourcePath } from '../model/source-path.ts';
import type { RunStatus, Trigger } from '../ports/escrow-events.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { reportName, startedMarkerName } from '../records/blob-names.ts';
import { putOnce } from '../records/put-once.ts';

/** The outcomes of one attempt at a run over one source, as it lies beside the backups. Times are ISO instants, UTC. */
export interface RunReport {
  readonly format: 'keyvault-escrow/run-report/1';
  readonly runId: RunId;
  readonly source: string;
  readonly sourceKind: SourceKind;
  readonly sourceName: string;
  readonly place: RestorePlace;
  readonly trigger: Trigger;
  readonly attempt: number;
  readonly resumed: boolean;
  readonly asked: Pick<EscrowSource, 'keys' | 'except' | 'retired' | 'allowEmpty' | 'maxBackupsPerSecond'>;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly status: RunStatus;
  readonly counts: OutcomeCounts;
  /** How often the source answered 429 during the run. */
  readonly throttled: number;
  /** What was wrong with the source as a whole: it could not be listed, or held nothing to escrow. */
  readonly problems: readonly Failure[];
  readonly keys: readonly Outcome[];
}

/**
 * Says that a run over a source begins.
 * @returns true when it had begun before: this is a resume.
 */
export async function markStarted(
  container: EscrowStore,
  runId: RunId,
  source: EscrowSource,
  marker: { readonly startedAt: string; readonly trigger: Trigger; readonly attempt: number },
  lastCall: AbortSignal,
): Promise<boolean> {
  const bytes = Buffer.from(`${JSON.stringify({ runId, source: sourcePath(source), ...marker })}\n`);
  const name = startedMarkerName(runId, source);
  const put = await putOnce(container, { name, bytes, contentType: 'application/json', metadata: {} }, lastCall);
  return !put.written;
}

/** Writes a report under the next free number; readers merge them. @returns its blob name. */
export async function putReport(
  container: EscrowStore,
  source: EscrowSource,
  report: RunReport,
  lastCall: AbortSignal,
): Promise<string> {
  const bytes = Buffer.from(`${JSON.stringify(report)}\n`);
  for (let number = 1; ; number++) {
    const name = reportName(report.runId, source, number);
    const blob = { name, bytes, contentType: 'application/json', metadata: { status: report.status } };
    const put = await putOnce(container, blob, lastCall);
    if (put.written) return name;
  }
}
