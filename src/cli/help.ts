import type { Command, OptionSpecs } from './command.ts';
import { commonOptions } from './command.ts';
import { alignColumns } from './terminal/table.ts';

const program = 'npm run escrow --';

/** What can be done, one line each. */
export function helpOfAll(commands: readonly Command[]): string {
  return [
    'Lists, checks, proves and brings back what the key escrow holds. It backs up nothing by itself: enqueue asks the app to.',
    '',
    `Usage: ${program} <command> [options]`,
    '',
    alignColumns(
      commands.map(({ name, summary }) => [name, summary]),
      '  ',
    ),
    '',
    `Options and examples of one command: ${program} <command> --help`,
    'Exit codes: 0 done, 1 failed, 2 usage or settings, 3 partial or findings. Data is on stdout, talk on stderr.',
  ].join('\n');
}

export function helpOf({ name, summary, help, options, examples }: Command): string {
  return [
    `${program} ${name}: ${summary}`,
    '',
    help,
    '',
    'Options:',
    alignColumns([...rowsOf(options), ...rowsOf(commonOptions)], '  '),
    '',
    'Examples:',
    ...examples.map((example) => `  ${program} ${example}`),
  ].join('\n');
}

function rowsOf(options: OptionSpecs): string[][] {
  return Object.entries(options).map(([name, { short, value, about, multiple }]) => [
    `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    multiple ? `${about}; may be repeated` : about,
  ]);
}
