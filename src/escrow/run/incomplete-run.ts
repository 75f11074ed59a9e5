import type { Failure } from '../model/failure.ts';
import { failureSentence } from '../model/failure.ts';
import { counted } from '../model/finding.ts';
import { describeSource } from '../model/source.ts';
import type { SourceRun } from './source-run.ts';

// The host cuts an exception text at about 32 KB; the report and the log have every failure.
const maxLines = 25;

/** What fails an invocation: one error that carries every failure of every source in `errors`. */
export class IncompleteRun extends AggregateError {
  override readonly name = 'IncompleteRun';
}

/** @returns the error for runs of which some are incomplete; undefined when all are ok. */
export function incompleteRunOf(runs: readonly SourceRun[]): IncompleteRun | undefined {
  const incomplete = runs.filter((run) => run.status !== 'ok');
  if (incomplete.length === 0) return undefined;
  const failures = incomplete.flatMap(failuresOf);
  const considered = runs.reduce((sum, run) => sum + run.counts.considered, 0);
  const where = incomplete.map((run) => describeSource(run.source)).join(', ');
  const head = `Escrow run ${incomplete[0]?.runId} is incomplete: ${counted(failures.length, 'failure')} in ${where}; ${considered} keys considered.`;
  return incompleteRun(head, failures);
}

/** One failure, or many, as the error that the invocation ends with. */
export function incompleteRun(head: string, failures: readonly Failure[]): IncompleteRun {
  const lines = failures.slice(0, maxLines).map((failure) => `- ${failureSentence(failure)}`);
  if (failures.length > maxLines) lines.push(`- and ${failures.length - maxLines} more, in the run report and the log`);
  return new IncompleteRun(
    failures.map((failure) => {
      const { code, cause } = failure;
      return Object.assign(new Error(failureSentence(failure), { cause }), { code });
    }),
    [head, ...lines].join('\n'),
  );
}

function failuresOf(run: SourceRun): Failure[] {
  return [...run.problems, ...run.outcomes.filter((outcome) => outcome.outcome === 'failed')];
}
