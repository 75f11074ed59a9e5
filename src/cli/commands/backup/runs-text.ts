import type { BackupResult } from '../../../app/backup/back-up-sources.ts';
import { failureSentence } from '../../../escrow/model/failure.ts';
import { describeSource } from '../../../escrow/model/source.ts';
import { count } from '../../terminal/figures.ts';
import type { Io } from '../../terminal/io.ts';
import { painter } from '../../terminal/print.ts';
import { alignColumns } from '../../terminal/table.ts';

/** What a run came to: a line a source, what was skipped and why, what failed and what to do. */
export function runsText({ runId, resumed, runs }: BackupResult, url: string, io: Io): string {
  const paint = painter(io);
  const isWhatIf = runs.some(({ counts }) => counts.wouldEscrow > 0);
  const head = ['source', 'listed', isWhatIf ? 'would back up' : 'backed up', 'already', 'skipped', 'failed', ''];
  const rows = runs.map(({ source, counts, status }) => [
    describeSource(source),
    ...[counts.considered, isWhatIf ? counts.wouldEscrow : counts.escrowed, counts.alreadyEscrowed].map(String),
    ...[counts.skipped, counts.failed].map(String),
    status === 'ok' ? paint('green', 'ok') : paint('red', 'incomplete'),
  ]);
  const failures = runs.flatMap((run) => [
    ...run.problems,
    ...run.outcomes.filter((outcome) => outcome.outcome === 'failed'),
  ]);
  const skipped = runs.flatMap(({ source, outcomes }) =>
    outcomes.flatMap((outcome) =>
      outcome.outcome === 'skipped' && outcome.reason !== 'excluded' ? [{ source, ...outcome }] : [],
    ),
  );
  const lines = [
    `${paint('bold', isWhatIf ? 'What a run would do' : `Run ${runId}${resumed ? ', resumed' : ''}`)}`,
    alignColumns(io, [head, ...rows], '  '),
  ];
  for (const [message, keys] of Map.groupBy(skipped, (one) => one.message)) {
    lines.push('', `Skipped, ${count(keys.length, 'key')}: ${message}.`);
    lines.push(...keys.map(({ source, key }) => `  ${describeSource(source)}, key "${key}"`));
  }
  if (failures.length > 0) {
    lines.push('', paint('red', 'Failed'), ...failures.map((failure) => `  ${failureSentence(failure)}`));
  }
  if (!isWhatIf) lines.push('', `In ${url}`);
  return lines.join('\n');
}
