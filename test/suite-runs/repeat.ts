import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { startTable } from './run-table.ts';
import { runSuite } from './suite-run.ts';

const help = `npm run test:repeat [-- --times 20] [-- --busy] [-- FILES…]

Runs the suite again and again, to find what fails by chance.

  --times    how often; 20
  --busy     with every core busy with something else
  FILES      parts of the names of test files`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { times: { type: 'string', default: '20' }, busy: { type: 'boolean' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const others = Array.from({ length: values.busy ? availableParallelism() : 0 }, startToil);
  const table = startTable([['run', 5]]);
  for (let run = 1; run <= Number(values.times); run++) {
    table.add([String(run)], await runSuite(`repeat-${run}`, positionals));
  }
  await Promise.all(others.map((other) => other.terminate()));
  return table.end();
}

/** Keeps one core busy. */
function startToil(): Worker {
  return new Worker('for (;;);', { eval: true });
}

process.exitCode = await main();
