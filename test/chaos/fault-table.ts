import { readFileSync, writeFileSync } from 'node:fs';
import { commandFaults } from './command-faults.ts';
import { namedFaults } from './fault-matrix.ts';
import type { ExpectedOutcome, NamedFault } from './named-fault.ts';

const file = new URL('../../docs/security.md', import.meta.url);
const begin = '<!-- fault table: node test/chaos/fault-table.ts -->';
const end = '<!-- end of fault table -->';

/**
 * The named faults as docs/security.md has them: a list a service, one item for all that the product answers alike; and a list of
 * what only commands meet.
 */
function faultTables(): string {
  const services = Map.groupBy(namedFaults, ({ where }) => (where === 'Managed HSM' ? 'Key Vault' : where));
  return [...[...services].map(([service, faults]) => listOf(service, faults)), commandList()].join('\n\n');
}

function commandList(): string {
  const alike = Map.groupBy(commandFaults, ({ does, exitCode }) => `${does} (${exitCode})`);
  const items = [...alike].map(([answer, same]) => `- **${namesOf(same)}**: ${answer}`);
  return ['`restore`, `drill`, `doctor`, with their exit codes:\n', ...items].join('\n');
}

function listOf(service: string, faults: readonly NamedFault[]): string {
  const alike = Map.groupBy(faults, ({ does, expected }) => `${does}\n${outcomeOf(expected)}`);
  const items = [...alike.values()].map((same) => `- **${namesOf(same)}**: ${same[0]?.does}${outcomesOf(same)}`);
  return [`${service}:\n`, ...items].join('\n');
}

/** "500, a few times" and "502, a few times" become "500, 502, a few times". */
function namesOf(faults: readonly Pick<NamedFault, 'name'>[]): string {
  const alike = Map.groupBy(
    faults.map(({ name }) => name),
    (name) => name.slice(nameHead(name).length),
  );
  return [...alike].map(([tail, names]) => names.map(nameHead).join(tail === '' ? '; ' : ', ') + tail).join('; ');
}

function nameHead(name: string): string {
  return name.split(', ', 1)[0] ?? name;
}

/** What is not escrowed, with the codes that do not stand in the faults' own names; nothing when every key is. */
function outcomesOf(faults: readonly NamedFault[]): string {
  const [outcome = ''] = faults.map(({ expected }) => outcomeOf(expected));
  if (outcome === '') return '';
  const codes = faults.flatMap(({ name, expected }) =>
    expected === 'escrowed' || name.includes(expected.code) ? [] : [`\`${expected.code}\``],
  );
  return `; ${[`*${outcome}*`, ...new Set(codes)].join(', ')}`;
}

/** The document with the tables in their place. */
export function withFaultTable(document: string): string {
  const [before, rest] = document.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`docs/security.md has no "${begin}" … "${end}".`);
  return `${before}${begin}\n${faultTables()}\n${end}${after}`;
}

function outcomeOf(expected: ExpectedOutcome): string {
  if (expected === 'escrowed') return '';
  if ('failed' in expected) return 'key failed';
  return `${expected.escrowed === 'all' ? 'keys escrowed, ' : ''}source incomplete`;
}

if (import.meta.main) writeFileSync(file, withFaultTable(readFileSync(file, 'utf8')));
