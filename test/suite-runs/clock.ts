import { parseArgs } from 'node:util';
import { now } from '../support/now.ts';
import { startAt, whyNoFaketime } from './faketime.ts';
import { type Instant, instants, instantsOfDay } from './instants.ts';
import { startTable } from './run-table.ts';
import { runSuite } from './suite-run.ts';

const help = `npm run test:clock [-- --daily] [-- --at WORDS] [-- FILES…]

Runs the whole suite at many instants and in several time zones, through faketime. Without faketime it says so and passes.

  --daily    only those of today: the hardest and, by turns, one of the others
  --at       only those with these words in their name or time
  FILES      parts of the names of test files`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { daily: { type: 'boolean' }, at: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const reason = whyNoFaketime();
  if (reason !== undefined) {
    console.log(`skipped: the suite did not run at other instants: ${reason}`);
    return 0;
  }
  const candidates = values.daily ? instantsOfDay(now()) : instants;
  const chosen = candidates.filter(({ name, at, zone }) => `${name} ${at} ${zone}`.includes(values.at ?? ''));
  if (chosen.length === 0) throw new Error(`No instant has ${JSON.stringify(values.at)} in its name or time.`);
  const table = startTable([
    ['instant (UTC)', 16],
    ['time zone', 16],
    ['', 43],
  ]);
  for (const instant of chosen) table.add(cellsOf(instant), await runAt(instant, positionals));
  return table.end();
}

function cellsOf({ at, zone, name }: Instant): string[] {
  return [at, zone, name];
}

function runAt({ at, zone }: Instant, filters: readonly string[]) {
  return runSuite(`clock-${at.replace(/\W/g, '-')}`, filters, startAt(at, zone));
}

process.exitCode = await main();
