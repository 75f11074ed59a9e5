import { type BenchSource, startBenchAzure } from './bench-azure.ts';
import { lineChart } from './line-chart.ts';
import { measureRun } from './measured-run.ts';
import { type Bench, type Measurement, runTimes } from './measurement.ts';
import { medianOf } from './median.ts';
import type { Measured, MemorySample } from './worker-protocol.ts';

const megabyte = 1_000_000;

/** Ten times the keys: what becomes of memory, and of the time per key. Each run is a process of its own. */
export async function measureGrowth(bench: Bench): Promise<Measurement> {
  const few: BenchSource = { kind: 'vault', name: 'few', keys: bench.effort.quick ? 300 : 1000 };
  const many: BenchSource = { kind: 'vault', name: 'many', keys: few.keys * 10 };
  const nextRunTime = runTimes();
  const run = async (source: BenchSource): Promise<Measured> => {
    // Of its own Azure each: Azurite slows down as it fills.
    await using azure = await startBenchAzure([source]);
    return await measureRun(bench, azure, source, nextRunTime());
  };
  const rounds: { few: Measured; many: Measured }[] = [];
  for (let round = 0; round < Math.min(bench.effort.rounds, 2); round++) {
    rounds.push({ few: await run(few), many: await run(many) });
  }
  const rssGrowth = medianOf(rounds, (round) => round.many.peakRssBytes / round.few.peakRssBytes);
  const timeGrowth = medianOf(rounds, (round) => round.many.elapsedMs / many.keys / (round.few.elapsedMs / few.keys));
  const peakRssMb = medianOf(rounds, (round) => round.many.peakRssBytes) / megabyte;
  /** A line for each size, of the first round. */
  const series = (value: (sample: MemorySample) => number) =>
    (['many', 'few'] as const).map((size) => ({
      label: `${{ many, few }[size].keys} keys`,
      points: (rounds[0]?.[size].samples ?? []).map((sample) => [sample.keys, value(sample)] as const),
    }));
  return {
    figures: { rssGrowth, peakRssMb, timeGrowth },
    charts: [
      lineChart({
        file: 'memory.svg',
        title: `Ten times the keys take ${rssGrowth.toFixed(2)} times the memory`,
        subtitle: `Resident memory of our process during a run; peak over ${many.keys} keys: ${peakRssMb.toFixed(0)} MB`,
        xLabel: 'keys escrowed so far',
        yLabel: 'MB',
        series: series(({ rssBytes }) => rssBytes / megabyte),
        marks: [{ y: 320, label: 'target' }],
      }),
      lineChart({
        file: 'time.svg',
        title: `Time grows as the keys do: ${timeGrowth.toFixed(2)} times as much for each key`,
        subtitle: `Pace and latency out of the way; two cores shared with the stand-in and Azurite`,
        xLabel: 'keys escrowed so far',
        yLabel: 'seconds',
        series: series(({ atMs }) => atMs / 1000),
      }),
    ],
  };
}
