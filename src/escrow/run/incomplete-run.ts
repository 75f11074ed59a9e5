import { count, digits } from '../model/count.ts';
import { type Failure, failureSentence } from '../model/failure.ts';
import { describeSource } from '../model/source.ts';
import type { SourceRun } from './source-run.ts';

/** What fails an invocation: one error that carries every failure of every source in `errors`. */
export class IncompleteRun extends AggregateError {
  override readonly name = 'IncompleteRun';
}

/** @returns the error for runs of which some are incomplete; undefined when all are ok. */
export function incompleteRunOf(runs: readonly SourceRun[]): IncompleteRun | undefined {
  const incomplete = runs.filter((run) => run.status !== 'ok');
  if (incomplete.length === 0) return undefined;
  const failures = incomplete.flatMap(({ problems, outcomes }) => [
    ...problems,
    ...outcomes.filter((one) => one.outcome === 'failed'),
  ]);
  const considered = runs.reduce((sum, run) => sum + run.counts.considered, 0);
  const where = incomplete.map((run) => describeSource(run.source)).join(', ');
  const head = `Escrow run ${incomplete[0]?.runId} is incomplete: ${count(failures.length, 'failure')} in ${where}; ${digits(considered)} keys considered.`;
  return incompleteRun(head, failures);
}

/** One failure, or many, as the error that the invocation ends with. */
export function incompleteRun(head: string, failures: readonly Failure[]): IncompleteRun {
  const errors = failures.map((failure) => {
    const { code, cause } = failure;
    return Object.assign(new Error(failureSentence(failure), { cause }), { code });
  });
  return new IncompleteRun(errors, textOf(head, errors, 'the run report and the log'));
}

// The host cuts an exception text at about 32 KB.
const maxLines = 25;

/** What is wrong, a line each, under a head. @param where all of them are. */
export function textOf(head: string, errors: readonly Error[], where: string): string {
  const lines = errors.slice(0, maxLines).map(({ message }) => `- ${message}`);
  const more = errors.length - lines.length;
  return [head, ...lines, ...(more > 0 ? [`- and ${digits(more)} more, in ${where}`] : [])].join('\n');
}
