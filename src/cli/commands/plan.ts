import { planRuns, type RunPlan } from '../../app/plan-runs.ts';
import { count } from '../../escrow/model/count.ts';
import { type Failure, failureSentence } from '../../escrow/model/failure.ts';
import { describeSource, namesOfSource, sourceOfNames } from '../../escrow/model/source.ts';
import type { Cli } from '../cli.ts';
import { showInstant } from '../options/instants.ts';
import { withSource } from '../options/source-options.ts';
import { exitCodes, type Io } from '../terminal/io.ts';
import { painter, print, printJson } from '../terminal/print.ts';
import { withProgress } from '../terminal/progress.ts';
import { printSkipReasons, skipWords } from '../terminal/skip-words.ts';
import { alignColumns } from '../terminal/table.ts';

const about = {
  summary: 'say what a run would do with every key; back up nothing',
  description:
    'Lists the configured sources as a run would and says of every key whether it would be escrowed, is skipped (excluded, retired, certificate-backed) or is missing. Exit code 3 when a key is missing or a source cannot be escrowed.',
  examples: ['plan', 'plan --vault-name contoso-prod', 'plan --json'],
};

export function addPlan(cli: Cli) {
  return withSource(cli.command('plan', about)).action(
    cli.action(async (values, io, task) => {
      const counted = { noun: 'key', verb: 'seen' };
      const plan = await withProgress(io, counted, ({ step }) => planRuns(sourceOfNames(values), task, step));
      if (values.json) await printJson(io, planObject(plan));
      else await printPlan(plan, io);
      return plan.runs.every((run) => run.status === 'ok') ? exitCodes.done : exitCodes.findings;
    }),
  );
}

async function printPlan({ runs, nextRun }: RunPlan, io: Io): Promise<void> {
  for (const run of runs) await print(io, runText(run, io));
  const outcomes = runs.flatMap((run) => run.outcomes);
  const reasons = outcomes.flatMap((outcome) => (outcome.outcome === 'skipped' ? [outcome.reason] : []));
  await printSkipReasons(new Set(reasons), io);
  if (nextRun !== null) await print(io, `Next run: ${showInstant(nextRun)}`);
}

function planObject({ runs, nextRun }: RunPlan): object {
  return {
    nextRun,
    sources: runs.map(({ source, status, counts, outcomes, problems }) => ({
      ...namesOfSource(source),
      status,
      counts,
      problems: problems.map(withMessage),
      keys: outcomes.map((outcome) => {
        const { key: name, ...rest } = outcome.outcome === 'failed' ? withMessage(outcome) : outcome;
        return { name, ...rest };
      }),
    })),
  };
}

function withMessage<T extends Failure>(failure: T): T & { readonly message: string } {
  return { ...failure, message: failureSentence(failure) };
}

function runText(run: RunPlan['runs'][number], io: Io): string {
  const paint = painter(io);
  const { counts } = run;
  const head = `${paint('bold', describeSource(run.source))}: ${count(counts.wouldEscrow, 'key')} would be escrowed, ${counts.skipped} skipped, ${counts.failed} missing`;
  const rows = [...run.outcomes]
    .sort((a, b) => (a.key.toLowerCase() < b.key.toLowerCase() ? -1 : 1))
    .map((outcome) => {
      const { key } = outcome;
      if (outcome.outcome === 'skipped') return [key, paint('yellow', 'skip'), skipWords[outcome.reason]];
      if (outcome.outcome === 'failed') return [key, paint('red', 'missing'), failureSentence(outcome)];
      return [key, paint('green', 'escrow'), ''];
    });
  const problems = run.problems.map((problem) => `  ${paint('red', failureSentence(problem))}`);
  return [head, ...problems, alignColumns(io, rows, '  ')].filter((part) => part !== '').join('\n');
}
