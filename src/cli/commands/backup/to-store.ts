import { type BackupResult, backUpNamedKey, backUpSources } from '../../../app/backup/back-up-sources.ts';
import { type BackupTarget, wholeSources } from '../../../app/backup/backup-target.ts';
import type { Task } from '../../../app/task.ts';
import { count } from '../../../escrow/model/count.ts';
import { failureSentence } from '../../../escrow/model/failure.ts';
import type { Outcome } from '../../../escrow/model/outcome.ts';
import { describeKey, describeSource, namesOfSource } from '../../../escrow/model/source.ts';
import { type ExitCode, exitCodes, type Io } from '../../terminal/io.ts';
import { print, printJson, say } from '../../terminal/print.ts';
import { withProgress } from '../../terminal/progress.ts';
import { type BackupValues, isAgreed } from './backup-options.ts';
import { runsText } from './runs-text.ts';

/** Into an escrow store: the app's own run over each source, or one key as a request for it would be carried out. */
export async function backUpToStore(
  targets: readonly BackupTarget[],
  values: BackupValues,
  io: Io,
  task: Task,
): Promise<ExitCode> {
  const { url } = task.services.store;
  if (!(await isAgreed(values, `Back up ${describeTargets(targets)} to ${url}?`, io))) return exitCodes.failed;
  if (!values.whatIf) await task.services.prepareStore();
  const [first] = targets;
  if (targets.length === 1 && first?.name !== undefined) {
    const outcome = await backUpNamedKey(first.source, first.name, values, task);
    if (values.json) await printJson(io, { ...namesOfSource(first.source), ...outcome, store: url });
    else await printKey(outcome, first, url, io);
    return outcome.outcome === 'failed' ? exitCodes.failed : exitCodes.done;
  }

  const sources = wholeSources(targets);
  const result = await withProgress(io, { noun: 'key' }, ({ expect, step }) =>
    backUpSources({ ...values, sources }, task, { listed: expect, done: step }),
  );
  if (values.json) await printJson(io, resultObject(result, url));
  else await print(io, runsText(result, url, io));
  return exitCodeOf(result, io);
}

function exitCodeOf({ runs }: BackupResult, io: Io): ExitCode {
  const counts = runs.map((run) => run.counts);
  if (io.signal.aborted) {
    const done = counts.reduce((sum, { escrowed, alreadyEscrowed }) => sum + escrowed + alreadyEscrowed, 0);
    say(io, `Interrupted: ${count(done, 'key')} backed up. Run the same command again to go on.`);
    return exitCodes.failed;
  }
  if (runs.every((run) => run.status === 'ok')) return exitCodes.done;
  const nothing = counts.every(
    ({ escrowed, alreadyEscrowed, wouldEscrow }) => !escrowed && !alreadyEscrowed && !wouldEscrow,
  );
  return nothing ? exitCodes.failed : exitCodes.findings;
}

function describeTargets(targets: readonly BackupTarget[]): string {
  const sources = wholeSources(targets).map(describeSource).join(', ');
  return targets.every(({ name }) => name !== undefined) ? `${count(targets.length, 'key')} of ${sources}` : sources;
}

async function printKey(outcome: Outcome, { source }: BackupTarget, url: string, io: Io): Promise<void> {
  const what = describeKey({ source, keyName: outcome.key });
  if (outcome.outcome === 'failed') return say(io, failureSentence(outcome));
  if (outcome.outcome === 'skipped') return say(io, `Skipped ${what}: ${outcome.message}.`);
  const { blobName } = outcome;
  if (outcome.outcome === 'wouldEscrow') return say(io, `Would back up ${what} to ${blobName} in ${url}.`);
  await print(io, blobName);
  say(io, `Backed up ${what}, all versions, to ${url}: SHA-256 ${outcome.sha256}.`);
}

function resultObject({ runId, resumed, runs }: BackupResult, store: string): object {
  return {
    runId,
    resumed,
    store,
    sources: runs.map(({ source, status, counts, problems, outcomes, reportName }) => ({
      ...namesOfSource(source),
      status,
      counts,
      problems,
      keys: outcomes,
      report: reportName ?? null,
    })),
  };
}
