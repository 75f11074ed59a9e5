import {
  type CoverageStatus,
  countStatuses,
  type EscrowStatus,
  type KeyStatus,
  needsAttention,
  readStatus,
} from '../../app/read-status.ts';
import { count } from '../../escrow/model/count.ts';
import { failureSentence } from '../../escrow/model/failure.ts';
import { findingMessage } from '../../escrow/model/finding.ts';
import { describeSource, namesOfSource, sourceOfNames } from '../../escrow/model/source.ts';
import type { Cli } from '../cli.ts';
import { parseDuration, showInstant } from '../options/instants.ts';
import { withSource } from '../options/source-options.ts';
import { showDuration } from '../terminal/figures.ts';
import { exitCodes, type Io } from '../terminal/io.ts';
import { painter, print, printJson } from '../terminal/print.ts';
import { printSkipReasons, skipWords } from '../terminal/skip-words.ts';
import { alignColumns } from '../terminal/table.ts';

const hourMs = 3_600_000;

const about = {
  summary: 'coverage: every key, its newest record, and what is missing',
  description:
    'Lists every configured source and finds the newest record of each key in the folder of that key. fresh: the record is within the maximal age; stale: it is beyond it; never: a run or the maximal age has passed and no record is there; pending: not yet; gone: recorded or configured, but no longer there; the others are not escrowed, and why. Exit code 3 when a key is stale, never escrowed or gone, a record is missing, altered or cannot be read, or a source cannot be read or has nothing to escrow.',
  examples: ['status', 'status --max-age 26h', 'status --vault-name contoso-prod --name "tenant-*" --json'],
};

export function addStatus(cli: Cli) {
  return withSource(cli.command('status', about))
    .option('--name <KEY...>', 'only keys that match; patterns with * and ?')
    .option('--max-age <TIME>', 'older is stale; ESCROW_MAX_AGE_HOURS without it', (text) =>
      parseDuration(text, 'max-age'),
    )
    .option('--problems', 'only what is wrong')
    .action(
      cli.action(async (values, io, task) => {
        const { maxAge, name: names } = values;
        const maxAgeHours = maxAge === undefined ? task.services.settings.maxAgeHours : maxAge / hourMs;
        const status = await readStatus({ source: sourceOfNames(values), names }, maxAgeHours, task);
        if (values.json) await printJson(io, statusObject(status));
        else await printStatus(status, values.problems ?? false, io);
        return status.isRight ? exitCodes.done : exitCodes.findings;
      }),
    );
}

async function printStatus({ sources, isRight }: EscrowStatus, onlyProblems: boolean, io: Io): Promise<void> {
  const paint = painter(io);
  for (const { source, unreadable, problems, keys } of sources) {
    const counts = countStatuses(keys).map(([status, number]) => `${number} ${words[status]}`);
    await print(io, `${paint('bold', describeSource(source))}: ${counts.join(', ') || 'no key'}`);
    if (unreadable !== undefined) await print(io, `  ${paint('red', failureSentence(unreadable))}`);
    for (const problem of problems) await print(io, `  ${paint('red', findingMessage(problem))}`);
    const rows = keys.filter((key) => !onlyProblems || needsAttention(key)).map((key) => rowOf(key, io));
    if (rows.length > 0) await print(io, alignColumns(io, rows, '  '));
  }
  if (!onlyProblems) {
    const seen = sources.flatMap(({ keys }) => keys.map(({ status }) => status));
    await printSkipReasons(new Set(seen.filter(isSkipReason)), io);
  }
  const bad = sources.flatMap(({ keys }) => keys.filter(needsAttention)).length;
  const unread = sources.filter(({ unreadable }) => unreadable !== undefined).length;
  const silent = sources.filter(({ problems }) => problems.length > 0).length;
  const summary = [
    ...(bad > 0 ? [`${count(bad, 'key')} ${bad === 1 ? 'needs' : 'need'} attention`] : []),
    ...(unread > 0 ? [`${count(unread, 'source')} cannot be read`] : []),
    ...(silent > 0 ? [`nothing is escrowed of ${count(silent, 'source')}`] : []),
    ...(bad + unread + silent === 0 && !isRight ? ['the clock here is behind, so that no age is right'] : []),
  ];
  const right = 'Every key that should be escrowed has a fresh record, or its first run is still to come.';
  await print(io, summary.length > 0 ? paint('red', `${summary.join('; ')}.`) : paint('green', right));
}

const words: Record<CoverageStatus, string> = {
  fresh: 'fresh',
  stale: 'stale',
  never: 'never escrowed',
  pending: 'pending',
  gone: 'gone',
  notLookedAt: 'not looked at',
  ...skipWords,
};

function isSkipReason(status: CoverageStatus): status is keyof typeof skipWords {
  return Object.hasOwn(skipWords, status);
}

function rowOf(key: KeyStatus, io: Io): string[] {
  const paint = painter(io);
  const colour = needsAttention(key) ? 'red' : key.status === 'fresh' ? 'green' : 'yellow';
  const { record, ageMs = 0, status } = key;
  const at = record && new Date(record.late ? record.backedUpAt : record.createdAt);
  const newest = at === undefined ? '' : `${showInstant(at)} (${showDuration(ageMs)} ago)`;
  return [key.key, paint(colour, words[status]), [newest, remark(key)].filter((part) => part !== '').join('; ')];
}

function remark({ status, findings, record, unreadable }: KeyStatus): string {
  const labels = [record?.late && 'late', record?.unproven && 'unproven'].filter((label) => label);
  const described = findings
    .filter(({ finding }) => !['stale', 'recordUnproven'].includes(finding))
    .map(({ reason, detail }) => (detail === undefined ? reason : `${reason} (${detail})`));
  if (labels.length + described.length > 0) return [...labels, ...described].join('; ');
  if (status === 'notLookedAt') return unreadable?.reason ?? 'its folder holds more than is looked at';
  return status === 'pending' ? 'its first run is still to come' : '';
}

function statusObject({ sources, isRight, asOf, maxAgeHours }: EscrowStatus): object {
  return {
    status: isRight ? 'ok' : 'findings',
    asOf,
    maxAgeHours,
    sources: sources.map(({ source, unreadable, problems, keys }) => ({
      ...namesOfSource(source),
      unreadable,
      problems: problems.map((one) => ({ code: one.finding, message: findingMessage(one), remedy: one.remedy })),
      counts: Object.fromEntries(countStatuses(keys)),
      keys: keys.map(({ key, status, record, ageMs, changedAt, findings, firstSeenAt }) => ({
        name: key,
        status,
        firstSeenAt,
        ...(record && { record, ageSeconds: Math.round((ageMs ?? 0) / 1000) }),
        changedAt,
        ...(findings.length > 0 && { findings }),
      })),
    })),
  };
}
