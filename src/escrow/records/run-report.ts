import * as z from 'zod/mini';
import { failureSchema } from '../model/failure.ts';
import { reportedOutcomeSchema } from '../model/outcome.ts';
import { precedesRun, type RunId } from '../model/run-id.ts';
import { placeSchema, type SourceId, sourcePath } from '../model/source.ts';
import { triggerSchema } from '../ports/escrow-events.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { parseRunBlobName, reportName, startedMarkerName } from './blob-names.ts';
import { putJson, putNumberedJson, readJson } from './stored-json.ts';

// A few hundred in truth.
const maxMarkerBytes = 64 * 1024;

export const runReportFormat = 'keyvault-escrow/run-report/1';

const text = z.string();
const count = z.int().check(z.nonnegative());
const instant = z.iso.datetime();
const texts = z.readonly(z.array(text));

/** The outcomes of one attempt at a run over one source, as it lies beside the backups. Times are ISO instants, UTC. */
const runReport = z.object({
  format: z.literal(runReportFormat),
  runId: text,
  source: text,
  place: placeSchema,
  trigger: triggerSchema,
  attempt: count,
  resumed: z.boolean(),
  asked: z.object({
    keys: texts,
    except: texts,
    retired: texts,
    allowEmpty: z.boolean(),
    maxBackupsPerSecond: z.number(),
  }),
  startedAt: instant,
  finishedAt: instant,
  status: z.enum(['ok', 'incomplete']),
  counts: z.object({ considered: count, escrowed: count, alreadyEscrowed: count, skipped: count, failed: count }),
  /** How often the source answered 429 during the run. */
  throttled: count,
  /** What was wrong with the source as a whole: it could not be listed, or held nothing to escrow. */
  problems: z.readonly(z.array(failureSchema)),
  keys: z.readonly(z.array(reportedOutcomeSchema)),
});

export type RunReport = z.infer<typeof runReport>;

/** Writes a report under the next free number; readers merge them. @returns its blob name. */
export function putRunReport(
  store: EscrowStore,
  source: SourceId,
  report: RunReport,
  deadline: AbortSignal,
): Promise<string> {
  const json = { schema: runReport, value: report, metadata: { status: report.status } };
  return putNumberedJson(store, (number) => reportName(report.runId, source, number), json, deadline);
}

/** What a blob says, whoever wrote it; undefined when it is not a report of the run and source in its name. */
export async function readRunReport(
  store: EscrowStore,
  name: string,
  deadline: AbortSignal,
): Promise<RunReport | undefined> {
  const report = await readJson(store, name, runReport, deadline);
  const named = parseRunBlobName(name);
  const isOfItsName =
    named !== undefined && report?.runId === named.runId && report.source === sourcePath(named.source);
  return isOfItsName ? report : undefined;
}

/** Marks the beginning of a run, with its trigger. */
const startedMarker = z.object({
  runId: text,
  source: text,
  startedAt: instant,
  trigger: triggerSchema,
  attempt: count,
});

/**
 * Marks the beginning of a run over a source.
 * @returns true when it had begun before: this is a resume. A marker from before the run could begin is somebody else's.
 */
export async function markStarted(
  store: EscrowStore,
  runId: RunId,
  source: SourceId,
  marker: Omit<z.infer<typeof startedMarker>, 'runId' | 'source'>,
  deadline: AbortSignal,
): Promise<boolean> {
  const value = { runId, source: sourcePath(source), ...marker };
  const put = await putJson(store, startedMarkerName(runId, source), { schema: startedMarker, value }, deadline);
  return !put.written && !precedesRun(put.existing.createdAt, runId);
}

/** @returns undefined for anything else than a marker. */
export function readStartedMarker(store: EscrowStore, name: string, deadline: AbortSignal) {
  return readJson(store, name, startedMarker, deadline, maxMarkerBytes);
}
