import { readFileSync, writeFileSync } from 'node:fs';
import { namedFaults } from './fault-matrix.ts';
import type { ExpectedOutcome } from './named-fault.ts';

const file = new URL('../../docs/security.md', import.meta.url);
const begin = '<!-- fault table: node test/chaos/fault-table.ts -->';
const end = '<!-- end of fault table -->';

/** The named faults as the table of docs/security.md: one row for all that the product answers alike. */
export function faultTable(): string {
  const alike = Map.groupBy(namedFaults, ({ where, does, expected }) => `${where}\n${does}\n${outcomeOf(expected)}`);
  const rows = [...alike.values()].map((faults) => {
    const [{ where = '', does = '', expected = 'escrowed' } = {}] = faults;
    const codes = new Set(faults.flatMap((fault) => codeOf(fault.expected) ?? []));
    const outcome = [outcomeOf(expected), ...[...codes].map((code) => `\`${code}\``)].join(', ');
    return `| ${where} | ${faults.map(({ name }) => name).join('; ')} | ${does} | ${outcome} |`;
  });
  return ['| where | fault | what the product does | what the report says |', '|---|---|---|---|', ...rows].join('\n');
}

/** The document with the table in its place. */
export function withFaultTable(document: string): string {
  const [before, rest] = document.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/security.md has no "${begin}" … "${end}".`);
  return `${before}${begin}\n${faultTable()}\n${end}${after}`;
}

function outcomeOf(expected: ExpectedOutcome): string {
  if (expected === 'escrowed') return 'escrowed';
  if ('failed' in expected) return 'key failed';
  return `${expected.escrowed === 'all' ? 'keys escrowed, ' : ''}source incomplete`;
}

function codeOf(expected: ExpectedOutcome): string | undefined {
  if (expected === 'escrowed') return undefined;
  return 'failed' in expected ? expected.code : expected.problem;
}

if (import.meta.main) writeFileSync(file, withFaultTable(readFileSync(file, 'utf8')));
