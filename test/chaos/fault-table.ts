import { readFileSync, writeFileSync } from 'node:fs';
import { namedFaults } from './fault-matrix.ts';
import type { ExpectedOutcome } from './named-fault.ts';

const file = new URL('../../docs/security.md', import.meta.url);
const begin = '<!-- fault table: node test/chaos/fault-table.ts -->';
const end = '<!-- end of fault table -->';

/** The named faults as the table of docs/security.md. */
export function faultTable(): string {
  const rows = namedFaults.map(
    ({ where, name, does, expected }) => `| ${where} | ${name} | ${does} | ${outcomeOf(expected)} |`,
  );
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
  if (expected === 'escrowed') return 'every key escrowed';
  if ('failed' in expected) return `that key failed, \`${expected.code}\``;
  const keys = expected.escrowed === 'all' ? 'keys escrowed, ' : '';
  return `${keys}source incomplete, \`${expected.problem}\``;
}

if (import.meta.main) writeFileSync(file, withFaultTable(readFileSync(file, 'utf8')));
