import type { KeyCoverage, SourceCoverage } from '../../escrow/audit/coverage.ts';
import { readCoverage } from '../../escrow/audit/coverage.ts';
import type { CoverageStatus } from '../../escrow/audit/coverage-status.ts';
import { coverageStatuses } from '../../escrow/audit/coverage-status.ts';
import type { RecordFault } from '../../escrow/audit/newest-records.ts';
import { silenceFindings } from '../../escrow/audit/source-findings.ts';
import { failureSentence } from '../../escrow/model/failure.ts';
import type { Finding } from '../../escrow/model/finding.ts';
import { explainSkip } from '../../escrow/model/selection.ts';
import { describeSource } from '../../escrow/model/source.ts';
import { matchesAny } from '../../escrow/model/wildcard.ts';
import type { Cli } from '../cli.ts';
import { parseDuration, showInstant } from '../options/instants.ts';
import { chooseConfigured, hsmName, sourceMembers, vaultName } from '../options/source-options.ts';
import { didYouMean } from '../options/suggestion.ts';
import { exitCodes, UsageFault } from '../terminal/errors.ts';
import { count, showDuration } from '../terminal/figures.ts';
import type { Io } from '../terminal/io.ts';
import { painter, print, printJson } from '../terminal/print.ts';
import { alignColumns } from '../terminal/table.ts';

const wrong: readonly CoverageStatus[] = ['stale', 'never', 'gone'];
const hourMs = 3_600_000;

/** Coverage as the audit judges it, now, for a person. */
const about = {
  summary: 'coverage: every key, its newest record, and what is missing',
  description:
    'Lists every configured source and finds the newest record of each key. fresh: within the maximal age; stale: beyond it; never: a run has passed and no record is there; pending: no run has passed yet; gone: recorded or configured, but no longer there; the others are not escrowed, and why. Exit code 3 when a key is stale, never escrowed or gone, a record is missing or altered, or a source cannot be read or has nothing to escrow.',
  examples: ['status', 'status --max-age 26h', 'status --vault-name contoso-prod --name "tenant-*" --json'],
};

export function addStatus(cli: Cli) {
  return cli
    .command('status', about)
    .addOption(vaultName)
    .addOption(hsmName)
    .option('--name <KEY...>', 'only keys that match; patterns with * and ?')
    .option('--max-age <TIME>', 'older is stale; ESCROW_MAX_AGE_HOURS without it', (text) =>
      parseDuration(text, 'max-age'),
    )
    .option('--problems', 'only what is wrong')
    .action(
      cli.action(async (values, io, services) => {
        const { settings, container } = services;
        const { maxAge: maxAgeMs = settings.maxAgeHours * hourMs } = values;
        const sources = chooseConfigured(values, io, services);
        const now = services.now();
        const context = { container, now, maxAgeHours: maxAgeMs / hourMs, outOfTime: io.signal };
        const read = await readCoverage(
          context,
          sources.map((source) => ({ source, keys: services.keysOf(source) })),
        );
        const coverage = read.map((one) => ({
          ...one,
          problems: silenceFindings(one.source, one),
          keys: one.keys.filter(({ key }) => values.name === undefined || matchesAny(values.name, key)),
        }));
        refuseUnknown(values.name, read);
        const isRight = coverage.every(
          ({ unreadable, problems, keys }) => unreadable === undefined && problems.length === 0 && !keys.some(isWrong),
        );
        if (values.json) await printJson(io, coverageObject(coverage, isRight, now, maxAgeMs));
        else await tell(coverage, values.problems ?? false, io);
        return isRight ? exitCodes.done : exitCodes.findings;
      }),
    );
}

/** Silence about a mistyped name would pass for good news. What an unreadable source has is not known. */
function refuseUnknown(names: readonly string[] | undefined, read: readonly SourceCoverage[]): void {
  if (names === undefined || read.some(({ unreadable }) => unreadable !== undefined)) return;
  const known = read.flatMap(({ keys }) => keys.map(({ key }) => key));
  const unknown = names.find((name) => !known.some((key) => matchesAny([name], key)));
  if (unknown === undefined) return;
  throw new UsageFault(
    `no key is named ${JSON.stringify(unknown)} in what is configured`,
    `${didYouMean(unknown, known)}See every key: \`keyvault-escrow status\`.`,
  );
}

type ToldCoverage = SourceCoverage & { readonly problems: readonly Finding[] };

function isWrong({ status, faults }: KeyCoverage): boolean {
  return wrong.includes(status) || faults.length > 0;
}

function countStatuses(keys: readonly KeyCoverage[]): Partial<Record<CoverageStatus, number>> {
  const counts: Partial<Record<CoverageStatus, number>> = {};
  for (const status of coverageStatuses) {
    const found = keys.filter((key) => key.status === status).length;
    if (found > 0) counts[status] = found;
  }
  return counts;
}

async function tell(coverage: readonly ToldCoverage[], onlyProblems: boolean, io: Io): Promise<void> {
  const paint = painter(io);
  for (const { source, unreadable, problems, keys } of coverage) {
    const counts = Object.entries(countStatuses(keys)).map(
      ([word, number]) => `${number} ${words[word as CoverageStatus]}`,
    );
    await print(io, `${paint('bold', describeSource(source))}: ${counts.join(', ') || 'no key'}`);
    if (unreadable !== undefined) await print(io, `  ${paint('red', failureSentence(unreadable))}`);
    for (const { message } of problems) await print(io, `  ${paint('red', message)}`);
    const rows = keys.filter((key) => !onlyProblems || isWrong(key)).map((key) => rowOf(key, io));
    if (rows.length > 0) await print(io, alignColumns(rows, '  '));
  }
  const bad = coverage.flatMap(({ keys }) => keys.filter(isWrong)).length;
  const unread = coverage.filter(({ unreadable }) => unreadable !== undefined).length;
  const silent = coverage.filter(({ problems }) => problems.length > 0).length;
  const wrongs = [
    ...(bad > 0 ? [`${count(bad, 'key')} ${bad === 1 ? 'needs' : 'need'} attention`] : []),
    ...(unread > 0 ? [`${count(unread, 'source')} cannot be read`] : []),
    ...(silent > 0 ? [`nothing is escrowed of ${count(silent, 'source')}`] : []),
  ];
  const right = 'every key that should be escrowed has a fresh record, or its first run is still to come';
  await print(io, wrongs.length > 0 ? paint('red', wrongs.join('; ')) : paint('green', right));
}

const words: Record<CoverageStatus, string> = {
  fresh: 'fresh',
  stale: 'stale',
  never: 'never escrowed',
  pending: 'pending',
  gone: 'gone',
  certificateBacked: 'certificate-backed',
  excluded: 'excluded',
  retired: 'retired',
};

function rowOf(key: KeyCoverage, io: Io): string[] {
  const paint = painter(io);
  const colour = isWrong(key) ? 'red' : key.status === 'fresh' ? 'green' : 'yellow';
  const { record, ageMs = 0, status } = key;
  const newest = record === undefined ? '-' : `${showInstant(record.createdAt)} (${showDuration(ageMs)} ago)`;
  return [key.key, paint(colour, words[status]), newest, remark(key)];
}

function remark({ status, faults, record }: KeyCoverage): string {
  const [fault] = faults;
  if (fault !== undefined) return describeFault(fault);
  switch (status) {
    case 'gone':
      return record === undefined
        ? 'named in the settings, but neither there nor recorded'
        : 'no longer there: restore brings it back';
    case 'never':
      return 'enqueue asks for a backup; the run report says why there is none';
    case 'pending':
      return 'its first run is still to come';
    case 'certificateBacked':
      return explainSkip('certificateBacked').replace(/^certificate-backed: /, '');
    default:
      return '';
  }
}

function describeFault(fault: RecordFault): string {
  switch (fault.fault) {
    case 'tooEarly':
      return `the record ${fault.blobName} was there before its run could begin`;
    case 'foreign':
      return `the blob ${fault.blobName} is no record of this key`;
    default:
      return `the record ${fault.blobName} is ${fault.fault}, by ${fault.claim.saidBy}`;
  }
}

function coverageObject(coverage: readonly ToldCoverage[], isRight: boolean, now: Date, maxAgeMs: number): object {
  return {
    status: isRight ? 'ok' : 'findings',
    asOf: now.toISOString(),
    maxAgeHours: maxAgeMs / hourMs,
    sources: coverage.map(({ source, unreadable, problems, keys }) => ({
      ...sourceMembers(source),
      ...(unreadable && { unreadable }),
      problems: problems.map(({ finding, message, remedy }) => ({ code: finding, message, remedy })),
      counts: countStatuses(keys),
      keys: keys.map(({ key, status, record, ageMs, faults, firstSeenAt }) => ({
        name: key,
        status,
        firstSeenAt: firstSeenAt.toISOString(),
        ...(record && {
          record: { ...record, createdAt: record.createdAt.toISOString() },
          ageSeconds: Math.round((ageMs ?? 0) / 1000),
        }),
        ...(faults.length > 0 && { faults }),
      })),
    })),
  };
}
