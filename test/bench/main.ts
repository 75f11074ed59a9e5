import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureAudit } from './audit.ts';
import { measureColdStart } from './cold-start.ts';
import { measureCpu } from './cpu.ts';
import { buildPackage } from './deployed-package.ts';
import { measureDesk } from './desk.ts';
import { measureFanOut } from './fan-out.ts';
import { type Figures, figureHead, figureTable, missed, notMeasured, rounded } from './figures.ts';
import { measureGrowth } from './growth.ts';
import { buildWorker } from './measured-process.ts';
import type { Bench, Measurement } from './measurement.ts';
import { measurePace } from './pace.ts';
import { withPart } from './performance-document.ts';
import { planTable } from './plan-table.ts';
import { measureProfile } from './profile.ts';
import { measureResume } from './resume.ts';
import { measureSpeedup, startSpeedupGround, timeScript } from './speedup.ts';
import { measureStorm } from './storm.ts';
import { markdownTable, textTable } from './text-table.ts';

const help = `npm run bench [-- --quick] [-- --json] [-- --write]

Measures the product on a private local Azure and holds every figure against its target. About five minutes.

  --quick   the same measurements, smaller: under a minute, less exact
  --only    comma-separated: waiting, desk, cpu, growth, fanOut, audit, coldStart, profile
  --json    the last line on stdout is one JSON object with the figures by name
  --write   also draws docs/charts and puts figures and plan into docs/performance.md
  --help    this text

Exit code 0 when every figure keeps its target, 1 when one misses it.`;

async function main(): Promise<number> {
  const { values: flags } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      only: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (flags.help) {
    console.log(help);
    return 0;
  }
  const startedAt = performance.now();
  await using deployed = await buildPackage();
  await using worker = await buildWorker();
  const bench: Bench = { effort: { quick: flags.quick, rounds: flags.quick ? 1 : 3 }, worker: worker.file };

  const steps: Record<string, () => Promise<Measurement[]>> = {
    waiting: () => measureWaiting(bench),
    desk: async () => [await measureDesk(bench)],
    cpu: async () => [await measureCpu(bench)],
    // Not in quick runs: it makes no figure.
    profile: async () => (flags.quick ? [] : [await measureProfile()]),
    growth: async () => [await measureGrowth(bench)],
    fanOut: async () => [await measureFanOut(deployed.bundle, flags.quick)],
    audit: async () => [await measureAudit(bench)],
    coldStart: async () => [await measureColdStart(deployed.bundle, deployed.folder, flags.quick ? 2 : 10)],
  };
  const wanted = flags.only?.split(',') ?? Object.keys(steps);
  const measurements: Measurement[] = [];
  for (const [name, step] of Object.entries(steps).filter(([known]) => wanted.includes(known))) {
    const stepStartedAt = performance.now();
    measurements.push(...(await step()));
    console.error(`${name}: ${((performance.now() - stepStartedAt) / 1000).toFixed(0)} s`);
  }

  const figures: Figures = Object.assign({}, ...measurements.map((measurement) => measurement.figures));
  if (flags.write) await writeDocument(figures, measurements);
  const misses = missed(figures);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  if (flags.json) {
    const shown = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)]));
    console.log(JSON.stringify({ ...shown, quick: flags.quick, seconds, missed: misses }));
  } else {
    console.log(textTable(figureHead, figureTable(figures)));
    console.log(misses.length === 0 ? '\nEvery target is kept.' : `\nMissed: ${misses.join(', ')}`);
  }
  return misses.length === 0 ? 0 : 1;
}

/** Draws the charts, and puts the figures and the plan into docs/performance.md. */
async function writeDocument(figures: Figures, measurements: readonly Measurement[]): Promise<void> {
  await mkdir('docs/charts', { recursive: true });
  for (const { file, svg } of measurements.flatMap(({ charts }) => charts)) await writeFile(`docs/charts/${file}`, svg);
  const file = 'docs/performance.md';
  let document = withPart(await readFile(file, 'utf8'), 'plan', planTable());
  if (figureTable(figures).every(([, , shown]) => shown !== notMeasured)) {
    // Their names are for --json and for the last line of the bench.
    const [head, ...rows] = [figureHead, ...figureTable(figures)].map(([, ...shown]) => shown);
    document = withPart(document, 'figures', markdownTable(head ?? [], rows));
  }
  await writeFile(file, document);
}

/** What mostly waits goes side by side; our own timed runs come when the machine is calm again. */
async function measureWaiting(bench: Bench): Promise<Measurement[]> {
  await using ground = await startSpeedupGround(bench);
  const [script, ...others] = await Promise.all([
    timeScript(ground, bench),
    measurePace(bench),
    measureStorm(bench),
    measureResume(bench),
  ]);
  return [await measureSpeedup(ground, bench, script), ...others];
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
}
