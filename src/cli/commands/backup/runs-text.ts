import type { BackupResult } from '../../../app/backup/back-up-sources.ts';
import { count } from '../../../escrow/model/count.ts';
import { failureSentence } from '../../../escrow/model/failure.ts';
import { describeSource } from '../../../escrow/model/source.ts';
import { firstOfEach } from '../../terminal/first-of-each.ts';
import type { Io } from '../../terminal/io.ts';
import { painter } from '../../terminal/print.ts';
import { alignColumns } from '../../terminal/table.ts';

const tableColumns = 80;

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
  // Where the columns do not fit, each row is a sentence: `vault "contoso-prod": listed 31, backed up 28, …, ok`.
  const isNarrow = io.isTTY.stdout && io.columns < tableColumns;
  const sentenceOf = ([source, ...cells]: readonly string[]): string =>
    `  ${source}: ${cells.map((cell, at) => `${head[at + 1]} ${cell}`.trimStart()).join(', ')}`;
  // After Ctrl-C nobody needs a line for each key that was not begun.
  const failures = runs
    .flatMap((run) => [...run.problems, ...run.outcomes.filter((outcome) => outcome.outcome === 'failed')])
    .filter(({ code }) => !io.signal.aborted || code !== 'outOfTime');
  const skipped = runs.flatMap(({ source, outcomes }) =>
    outcomes.flatMap((outcome) =>
      outcome.outcome === 'skipped' && outcome.reason !== 'excluded' ? [{ source, ...outcome }] : [],
    ),
  );
  const lines = [
    `${paint('bold', isWhatIf ? 'What a run would do' : `Run ${runId}${resumed ? ', resumed' : ''}`)}`,
    ...(isNarrow ? rows.map(sentenceOf) : [alignColumns(io, [head, ...rows], '  ')]),
  ];
  for (const [message, keys] of Map.groupBy(skipped, (one) => one.message)) {
    lines.push('', `Skipped, ${count(keys.length, 'key')}: ${message}.`);
    lines.push(...keys.map(({ source, key }) => `  ${describeSource(source)}, key "${key}"`));
  }
  const failureLines = firstOfEach(failures, ({ code }) => code, failureSentence, 'see them all with --json');
  if (failures.length > 0) {
    lines.push('', paint('red', 'Failed'), ...failureLines.map((line) => `  ${line}`));
  }
  if (!isWhatIf) lines.push('', `In ${url}`);
  return lines.join('\n');
}
