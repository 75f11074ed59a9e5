import PQueue from 'p-queue';
import { digits } from '../model/count.ts';
import { describeFailure, type Failure, failureOf, failureSentence } from '../model/failure.ts';
import { countOutcomes, failedOutcome, type Outcome } from '../model/outcome.ts';
import {
  faultOfListing,
  listingRemedies,
  literalKeys,
  notFoundText,
  skipMessages,
  skipReasonOf,
} from '../model/selection.ts';
import { callsAtOnce, type EscrowSource, sourcePath } from '../model/source.ts';
import type { SourceKey } from '../model/source-key.ts';
import type { EscrowEvent, EscrowLog, RunStatus } from '../ports/escrow-events.ts';
import type { KeySource } from '../ports/key-source.ts';
import { markStarted, putRunReport, runReportFormat } from '../records/run-report.ts';
import { type EscrowPorts, escrowKey, type Job } from './escrow-key.ts';
import { logOutcome } from './outcome-log.ts';

export interface SourceJob extends Job {
  /** 1 on the first delivery or invocation, then counting the host's retries. */
  readonly attempt: number;
}

export interface RunPorts extends EscrowPorts {
  readonly log: EscrowLog;
}

// Four pages: while the next one is under way, and an empty one may come before it, no call waits for the listing.
const keysAhead = 100;

/** What a pass came to. `status` is `ok` only if nothing failed: no key, not the listing, not the report. */
export type SourceRun = Awaited<ReturnType<typeof runSource>>;

/**
 * Lists a source, escrows what the settings select and writes the run report. Backups start while the listing goes on.
 * Never rejects: whatever stops it is a problem of this source, and other sources go on.
 */
export async function runSource(job: SourceJob, ports: RunPorts) {
  const { source, runId, trigger, attempt, whatIf } = job;
  const { store, now, time, log, keys } = ports;
  const run = { runId, source: sourcePath(source), trigger, attempt };
  const startedAt = now();
  const throttledBefore = keys.throttled();
  const problems: Failure[] = [];
  const outcomes: Outcome[] = [];
  let resumed = false;
  let reportName: string | undefined;

  const settle = (outcome: Outcome): void => {
    outcomes.push(outcome);
    logOutcome(log, runId, source, outcome);
  };

  try {
    const marker = { startedAt: startedAt.toISOString(), trigger, attempt };
    if (!whatIf) resumed = await markStarted(store, runId, source, marker, time.hardDeadline);
    log('info', { event: 'escrow.run.started', ...run, sourceKind: source.kind, sourceName: source.name, resumed });
    problems.push(...(await escrowSelection(job, ports, resumed, settle)));
  } catch (error) {
    const failure = describeFailure(error, 'begin', source);
    problems.push(failure);
    for (const name of literalKeys(source)) settle(failedOutcome(name, failure));
  }

  const counts = countOutcomes(outcomes);
  const throttled = keys.throttled() - throttledBefore;
  const statusNow = (): RunStatus => (counts.failed === 0 && problems.length === 0 ? 'ok' : 'incomplete');
  if (!whatIf) {
    try {
      const report = {
        format: runReportFormat,
        ...run,
        place: source.place,
        resumed,
        asked: source,
        startedAt: startedAt.toISOString(),
        finishedAt: now().toISOString(),
        status: statusNow(),
        counts,
        throttled,
        problems,
        keys: outcomes.filter((outcome) => outcome.outcome !== 'wouldEscrow'),
      } as const;
      reportName = await putRunReport(store, source, report, time.hardDeadline);
    } catch (error) {
      problems.push(describeFailure(error, 'report', source));
    }
  }

  const status = statusNow();
  log(status === 'ok' ? 'info' : 'error', {
    event: 'escrow.run.completed',
    ...run,
    status,
    ...counts,
    durationMs: now().getTime() - startedAt.getTime(),
    throttled,
    whatIf,
    problems: problems.map(failureSentence),
  } satisfies EscrowEvent);
  return {
    ...{ source, runId, status, counts, outcomes, problems },
    /** Absent under what-if, and when it could not be written (which is then a problem). */
    reportName,
  };
}

/** @returns what is wrong with the source as a whole; every key's own outcome goes to `settle`. */
async function escrowSelection(
  job: SourceJob,
  ports: RunPorts,
  resumed: boolean,
  settle: (outcome: Outcome) => void,
): Promise<Failure[]> {
  const { source, runId, trigger, whatIf } = job;
  const concurrency = callsAtOnce(source.kind);
  // A key has its place in the queue until its record is written, and one of the source's calls for its backup only.
  const queue = new PQueue({ concurrency: 2 * concurrency });
  const calls = new PQueue({ concurrency });
  const backUpKey: KeySource['backUpKey'] = (...key) => calls.add(() => ports.keys.backUpKey(...key));
  const keyPorts = { ...ports, keys: { ...ports.keys, backUpKey } };
  const listed = new Set<string>();
  let listingFailure: Failure | undefined;
  const broken: Failure[] = [];

  const consider = async (key: SourceKey): Promise<void> => {
    const reason = skipReasonOf(source, key);
    if (reason !== undefined) {
      return settle({ key: key.name, outcome: 'skipped', reason, message: skipMessages[reason] });
    }
    // Back-pressure: a source of any size holds no more than a few pages of waiting keys in memory.
    await queue.onSizeLessThan(keysAhead - concurrency);
    const keyJob = { source, key, runId, trigger, lookFirst: resumed, whatIf };
    queue
      .add(async () => settle(await escrowKey(keyJob, keyPorts)))
      .catch((error) => broken.push(describeFailure(error, 'backUp', source, key.name)));
  };

  try {
    for await (const key of ports.keys.listKeys(ports.time.softDeadline)) {
      const name = key.name.toLowerCase();
      if (listed.has(name)) continue;
      listed.add(name);
      await consider(key);
    }
  } catch (error) {
    listingFailure = describeFailure(error, 'list', source);
  }
  await queue.onIdle();

  for (const name of literalKeys(source)) {
    if (!listed.has(name)) settle(failedOutcome(name, listingFailure ?? notFound(source, name)));
  }
  return [...broken, ...(listingFailure ? [listingFailure] : describeListing(source, listed))];
}

function describeListing(source: EscrowSource, listed: ReadonlySet<string>): Failure[] {
  const fault = faultOfListing(source, listed);
  if (fault === undefined) return [];
  const remedy = listingRemedies[fault];
  const cause =
    fault === 'empty'
      ? { code: 'sourceIsEmpty', reason: 'it lists no keys', remedy }
      : {
          code: 'selectionMatchesNothing',
          reason: `none of its ${digits(listed.size)} keys matches the selection`,
          remedy,
        };
  return [failureOf(cause, 'escrow anything from', source)];
}

function notFound(source: EscrowSource, name: string): Failure {
  return failureOf({ code: 'configuredKeyNotFound', ...notFoundText }, 'back up', source, name);
}
