import { styleText } from 'node:util';
import { describeSource, parseSourcePath } from '../../src/escrow/model/source.ts';
import type { AuditPass, NightlyPass, OnDemandPass } from './first-pass.ts';

/** What one pass wrote, and where it lies. */
export interface PassSummary {
  readonly nightly: NightlyPass;
  readonly onDemand: OnDemandPass | undefined;
  readonly audit: AuditPass;
  readonly containerUrl: string;
  readonly records: readonly string[];
  readonly reports: readonly string[];
}

export function isOk({ nightly, onDemand, audit }: PassSummary): boolean {
  return nightly.runs.every((run) => run.status === 'ok') && onDemand?.failure === undefined && audit.status === 'ok';
}

/** The one object that `--json` ends with. */
export function summaryObject(summary: PassSummary): Record<string, unknown> {
  const { nightly, onDemand, audit, records, reports } = summary;
  const sum = (count: 'escrowed' | 'alreadyEscrowed' | 'skipped' | 'failed'): number =>
    nightly.runs.reduce((total, run) => total + run[count], 0);
  return {
    status: isOk(summary) ? 'ok' : 'incomplete',
    escrowed: sum('escrowed') + (onDemand?.escrowed?.already === false ? 1 : 0),
    alreadyEscrowed: sum('alreadyEscrowed') + (onDemand?.escrowed?.already ? 1 : 0),
    skipped: sum('skipped'),
    failed: sum('failed') + (onDemand?.failure === undefined ? 0 : 1),
    audit: {
      status: audit.status,
      keys: audit.keys,
      intact: audit.intact,
      findings: audit.findings,
      blob: audit.blobName,
    },
    blobs: records,
    reports,
  };
}

const bold = (text: string): string => styleText('bold', text);
const dim = (text: string): string => styleText('dim', text);
const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** A table for a person. */
export function summaryText({ nightly, onDemand, audit, containerUrl, records, reports }: PassSummary): string {
  const columns = ['listed', 'escrowed', 'already', 'skipped', 'failed'] as const;
  const rows = nightly.runs.map((run) => ({
    name: nameOf(run.source),
    cells: [run.considered, run.escrowed, run.alreadyEscrowed, run.skipped, run.failed],
    status: run.status,
  }));
  const width = Math.max(...rows.map(({ name }) => name.length), 'source'.length) + 2;
  const line = (name: string, cells: readonly (string | number)[]): string =>
    `  ${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(9)).join('')}`;

  const lines = [bold(`Nightly run ${nightly.runs[0]?.runId ?? ''}`), dim(line('source', columns))];
  for (const { name, cells, status } of rows) {
    lines.push(`${line(name, cells)}  ${status === 'ok' ? styleText('green', 'ok') : styleText('red', 'incomplete')}`);
  }
  if (nightly.skipped.length > 0) lines.push('', bold('Skipped, none of them forgotten'));
  for (const [message, keys] of Map.groupBy(nightly.skipped, (skipped) => skipped.message)) {
    lines.push(...keys.map(({ source, key }) => `  ${nameOf(source)}, key "${key}"`), `    ${dim(message)}`);
  }
  const problems = [...nightly.failed.map(({ message }) => message), ...nightly.runs.flatMap((run) => run.problems)];
  if (problems.length > 0)
    lines.push('', bold(styleText('red', 'Failed')), ...problems.map((problem) => `  ${problem}`));

  if (onDemand !== undefined) {
    const { escrowed, failure } = onDemand;
    lines.push('', bold('On demand'), `  enqueued  ${onDemand.message}`);
    if (escrowed !== undefined) {
      lines.push(
        `  wrote     ${escrowed.blobName}`,
        `            ${dim(`${escrowed.bytes} bytes, SHA-256 ${escrowed.sha256}`)}`,
      );
    }
    if (failure !== undefined) lines.push(`  ${styleText('red', 'failed')}    ${failure}`);
  }
  lines.push('', bold('Audit'), ...auditLines(audit));
  lines.push(
    '',
    bold('In escrow'),
    `  ${containerUrl}`,
    `  ${count(records.length, 'record')} and ${count(reports.length, 'run report')}, for example`,
    ...[records[0], reports[0]].flatMap((name) => (name === undefined ? [] : [`    ${dim(name)}`])),
  );
  return lines.join('\n');
}

function auditLines({ status, keys, intact, findings, blobName }: AuditPass): string[] {
  const verdict = status === 'ok' ? styleText('green', 'ok') : styleText('red', count(findings, 'finding'));
  return [
    `  ${intact} of ${keys} keys have an intact backup: ${verdict}`,
    `    ${dim(`${blobName}, and its page ${blobName.replace(/json$/, 'html')}`)}`,
  ];
}

function nameOf(path: string): string {
  const source = parseSourcePath(path);
  return source === undefined ? path : describeSource(source);
}
