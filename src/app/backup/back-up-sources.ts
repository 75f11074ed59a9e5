import { randomUUID } from 'node:crypto';
import { dayMs } from '../../escrow/model/day.ts';
import type { Outcome } from '../../escrow/model/outcome.ts';
import { type RunId, requestRunId, scheduledRunId } from '../../escrow/model/run-id.ts';
import { type EscrowSource, isSameSource, type SourceId, sourcePath } from '../../escrow/model/source.ts';
import type { EscrowLog } from '../../escrow/ports/escrow-events.ts';
import type { EscrowStore } from '../../escrow/ports/escrow-store.ts';
import type { TimeBudget } from '../../escrow/ports/time-budget.ts';
import { parseRunBlobName, runPrefix } from '../../escrow/records/blob-names.ts';
import { readStartedMarker } from '../../escrow/records/run-report.ts';
import { runNamedKey } from '../../escrow/run/key-run.ts';
import { runSource } from '../../escrow/run/source-run.ts';
import { portsOf } from '../run-sources.ts';
import type { Task } from '../task.ts';
import { readAhead } from './read-ahead.ts';

/** What a person wants backed up into an escrow store. */
export interface BackupOptions {
  readonly sources: readonly EscrowSource[];
  readonly force?: boolean | undefined;
  readonly whatIf?: boolean | undefined;
}

export interface BackupProgress {
  /** Keys that were listed so far over all sources, and whether these are all. */
  listed(total: number, isComplete: boolean): void;
  /** One more key has its outcome. */
  done(): void;
}

export type BackupResult = Awaited<ReturnType<typeof backUpSources>>;

/** After Ctrl-C, what is under way may still be written. */
const grace = 30_000;

/**
 * The app's own run over each source, begun by a person. A run that a command of the last day left unfinished goes on.
 * @throws ServiceError when the store cannot be looked into; everything else is in the runs.
 */
export async function backUpSources(options: BackupOptions, task: Task, progress: BackupProgress) {
  const { services, signal } = task;
  const { store, now } = services;
  const { sources, force = false, whatIf = false } = options;
  const log: EscrowLog = (_level, { event }) => {
    if (event.startsWith('escrow.key.')) progress.done();
  };
  const listedOf = new Map<EscrowSource, { total: number; isComplete: boolean }>();
  const listed = (source: EscrowSource) => (total: number, isComplete: boolean) => {
    listedOf.set(source, { total, isComplete });
    const all = [...listedOf.values()];
    const isAll = all.length === sources.length && all.every((one) => one.isComplete);
    progress.listed(
      all.reduce((sum, one) => sum + one.total, 0),
      isAll,
    );
  };
  // Listing goes on while the store is looked into; nobody waits for it once the runs are over.
  const over = new AbortController();
  const listing = AbortSignal.any([signal, over.signal]);
  const ahead = sources.map((source) => ({
    source,
    keys: readAhead(services.keysOf(source), listing, listed(source)),
  }));
  try {
    const unfinished = whatIf ? undefined : await unfinishedRun(store, sources, now(), signal);
    const runId = unfinished ?? requestRunId(now(), randomUUID());
    const time = budgetUntil(signal);
    const runs = ahead.map(({ source, keys }) => {
      const job = { source, runId, trigger: 'command', attempt: 1, force, whatIf } as const;
      return runSource(job, { keys, store, now, time, log });
    });
    // Resumed: an earlier command began the run.
    return { runId, resumed: unfinished !== undefined, runs: await Promise.all(runs) };
  } finally {
    over.abort();
  }
}

/** One key into an escrow store, under a run id of its own, as a request for it would be carried out. */
export function backUpNamedKey(
  source: EscrowSource,
  name: string,
  { force = false, whatIf = false }: Omit<BackupOptions, 'sources'>,
  { services, signal }: Task,
): Promise<Outcome> {
  const runId = requestRunId(services.now(), randomUUID());
  const job = { source, name, runId, trigger: 'command', obeysSelection: false, force, whatIf } as const;
  const ports = portsOf(services, source, () => undefined, budgetUntil(signal));
  return runNamedKey(job, ports);
}

function budgetUntil(signal: AbortSignal): TimeBudget {
  const end = new AbortController();
  signal.addEventListener('abort', () => setTimeout(() => end.abort(), grace).unref(), { once: true });
  return { softDeadline: signal, hardDeadline: end.signal };
}

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
