import type { OperatorServices } from '../../app/operator-services.ts';
import type { Failure } from '../../escrow/model/failure.ts';
import { failureSentence } from '../../escrow/model/failure.ts';
import { scheduledRunId } from '../../escrow/model/run-id.ts';
import { parseSchedule } from '../../escrow/model/run-time.ts';
import type { EscrowSource } from '../../escrow/model/source.ts';
import { describeSource } from '../../escrow/model/source.ts';
import type { EscrowLog } from '../../escrow/ports/escrow-events.ts';
import type { SourceRun } from '../../escrow/run/source-run.ts';
import { runSource } from '../../escrow/run/source-run.ts';
import type { Cli } from '../cli.ts';
import { showInstant } from '../options/instants.ts';
import { chooseConfigured, hsmName, sourceMembers, vaultName } from '../options/source-options.ts';
import { exitCodes } from '../terminal/errors.ts';
import { count } from '../terminal/figures.ts';
import type { Io } from '../terminal/io.ts';
import { painter, print, printJson } from '../terminal/print.ts';
import { showProgress } from '../terminal/progress.ts';
import { alignColumns } from '../terminal/table.ts';

/** What a run would do, found out with the run's own code under what-if: it lists, and backs up and writes nothing. */
const about = {
  summary: 'say what a run would do with every key; back up nothing',
  description:
    'Lists the configured sources as a run would and says of every key whether it would be escrowed, is skipped (excluded, retired, certificate-backed) or is missing. Exit code 3 when a key is missing or a source cannot be escrowed.',
  examples: ['plan', 'plan --vault-name contoso-prod', 'plan --json'],
};

export function addPlan(cli: Cli) {
  return cli
    .command('plan', about)
    .addOption(vaultName)
    .addOption(hsmName)
    .action(
      cli.action(async (values, io, services) => {
        const sources = chooseConfigured(values, io, services);
        const next = parseSchedule(services.settings.schedule).nextRun(services.now());
        const runId = scheduledRunId(next ?? services.now());
        const progress = showProgress(io, 'keys seen');
        const runs = await Promise.all(
          sources.map((source) => {
            const log: EscrowLog = (_level, line) => {
              if (line.event.startsWith('escrow.key.')) progress.step();
            };
            const job = { source, runId, trigger: 'schedule', attempt: 1, force: false, whatIf: true } as const;
            return runSource(job, { ...portsOf(services, source, io), log });
          }),
        );
        progress.end();
        if (values.json) await printJson(io, planObject(runs, next));
        else for (const run of runs) await print(io, planText(run, io));
        if (!values.json && next) await print(io, `Next run: ${showInstant(next)}`);
        return runs.every((run) => run.status === 'ok') ? exitCodes.done : exitCodes.findings;
      }),
    );
}

function portsOf(services: OperatorServices, source: EscrowSource, { signal }: Io) {
  const time = { outOfTime: signal, lastCall: signal };
  return { keys: services.keysOf(source), container: services.container, now: services.now, time };
}

function planObject(runs: readonly SourceRun[], next: Date | null): object {
  return {
    nextRun: next?.toISOString() ?? null,
    sources: runs.map(({ source, status, counts, outcomes, problems }) => ({
      ...sourceMembers(source),
      status,
      counts,
      problems: problems.map(withMessage),
      keys: outcomes.map((outcome) => (outcome.outcome === 'failed' ? withMessage(outcome) : outcome)),
    })),
  };
}

function withMessage<T extends Failure>(failure: T): T & { readonly message: string } {
  return { ...failure, message: failureSentence(failure) };
}

function planText(run: SourceRun, io: Io): string {
  const paint = painter(io);
  const { counts } = run;
  const head = `${paint('bold', describeSource(run.source))}: ${count(counts.wouldEscrow, 'key')} would be escrowed, ${counts.skipped} skipped, ${counts.failed} missing`;
  const rows = [...run.outcomes]
    .sort((a, b) => (a.key.toLowerCase() < b.key.toLowerCase() ? -1 : 1))
    .map((outcome) => {
      switch (outcome.outcome) {
        case 'skipped':
          return [outcome.key, paint('yellow', 'skip'), outcome.message];
        case 'failed':
          return [outcome.key, paint('red', 'missing'), failureSentence(outcome)];
        default:
          return [outcome.key, paint('green', 'escrow'), ''];
      }
    });
  const problems = run.problems.map((problem) => `  ${paint('red', failureSentence(problem))}`);
  return [head, ...problems, alignColumns(rows, '  ')].filter((part) => part !== '').join('\n');
}
