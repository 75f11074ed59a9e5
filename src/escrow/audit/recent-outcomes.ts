import PQueue from 'p-queue';
import { failureSentence } from '../model/failure.ts';
import { keyNamePattern, sourcePath } from '../model/source-path.ts';
import type { EscrowStore, StoredBlob } from '../ports/escrow-store.ts';
import type { ReadReport, RunReport } from '../records/run-report.ts';
import { readRunReport } from '../records/run-report.ts';
import type { StoredRun } from '../records/stored-run.ts';
import type { DayOutcomes } from './calendar.ts';
import { noteOutcome } from './calendar.ts';
import type { RecordClaim } from './newest-records.ts';

/** A run report without its keys: what stays in memory of it. */
export interface ReportSummary extends Omit<RunReport, 'keys'> {
  readonly name: string;
  readonly createdAt: Date;
}

/** What the reports of a period say about one key. */
export interface KeyHistory {
  /** The record that the newest report names. */
  claim?: RecordClaim;
  /** The message of the newest report, when it says that the key failed. */
  lastFailure?: { readonly message: string; readonly saidAt: Date };
  /** Which report spoke last: its creation time and, within a second, its name. */
  lastSaid?: string;
  readonly days: DayOutcomes;
}

/** What the reports of a period say about one source. Keys by lower-case name. */
export interface SourceHistory {
  /** In order of their beginning. */
  readonly runs: StoredRun[];
  readonly reports: Map<string, ReportSummary>;
  readonly keys: Map<string, KeyHistory>;
  /** Names of reports that cannot be read as such. */
  readonly unreadable: string[];
}

/** Readers at once. Each holds one report: about 250 bytes per key of its source. */
const readersAtOnce = 8;

/**
 * Reads the reports of runs, each once, and keeps what audits and status need of them. The result does not depend on the
 * order in which answers arrive.
 * @param isWanted which reports to read at all.
 * @param seen is told the digest of each as read.
 */
export async function readOutcomes(
  container: EscrowStore,
  runs: readonly StoredRun[],
  isWanted: (blob: StoredBlob) => boolean,
  outOfTime: AbortSignal,
  seen: (report: ReadReport) => void = () => undefined,
): Promise<Map<string, SourceHistory>> {
  const sources = new Map<string, SourceHistory>();
  const queue = new PQueue({ concurrency: readersAtOnce });
  const reading: Promise<void>[] = [];
  for (const run of runs) {
    const path = sourcePath(run.source);
    const history = sources.get(path) ?? emptyHistory();
    sources.set(path, history);
    history.runs.push(run);
    for (const blob of run.reports.filter(isWanted)) {
      reading.push(
        queue.add(async () => {
          const read = await readRunReport(container, blob, outOfTime);
          seen(read);
          foldReport(history, read);
        }),
      );
    }
  }
  await Promise.all(reading);
  return sources;
}

export function emptyHistory(): SourceHistory {
  return { runs: [], reports: new Map(), keys: new Map(), unreadable: [] };
}

function foldReport(history: SourceHistory, { blob, report }: ReadReport): void {
  if (report === undefined) {
    history.unreadable.push(blob.name);
    return;
  }
  const { keys, ...summary } = report;
  history.reports.set(blob.name, { ...summary, name: blob.name, createdAt: blob.createdAt });
  const saidAt = blob.createdAt;
  const said = orderOf(saidAt, blob.name);
  const startedAt = new Date(report.startedAt);
  for (const outcome of keys) {
    // A forged report must not name anything but keys.
    if (!keyNamePattern.test(outcome.key)) continue;
    const name = outcome.key.toLowerCase();
    const known: KeyHistory = history.keys.get(name) ?? { days: new Map() };
    history.keys.set(name, known);
    if (known.lastSaid === undefined || said >= known.lastSaid) {
      known.lastSaid = said;
      if (outcome.outcome === 'failed') known.lastFailure = { message: failureSentence(outcome), saidAt };
      else delete known.lastFailure;
    }
    if (outcome.outcome === 'failed') noteOutcome(known.days, 'f', startedAt);
    else if (outcome.outcome === 'skipped') noteOutcome(known.days, 'k', startedAt);
    else {
      noteOutcome(known.days, 'e', startedAt);
      if (known.claim === undefined || said >= orderOf(known.claim.saidAt, known.claim.saidBy)) {
        const { blobName, bytes, sha256 } = outcome;
        known.claim = { blobName, bytes, sha256, saidBy: blob.name, saidAt };
      }
    }
  }
}

/** Reports in order of creation; within a second the resumed one is later, which has the longer name. */
function orderOf(saidAt: Date, saidBy: string): string {
  return `${saidAt.toISOString()} ${String(saidBy.length).padStart(4, '0')} ${saidBy}`;
}
