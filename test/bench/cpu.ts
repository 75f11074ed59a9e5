import { barChart } from './bar-chart.ts';
import { type BenchSource, loopOver, settingsOf, startBenchAzure } from './bench-azure.ts';
import { measure } from './measured-process.ts';
import { type Bench, type Measurement, runTimes } from './measurement.ts';
import { medianOf } from './median.ts';

/** CPU of our process for each key, against a bare loop with the same SDKs, connections and calls at once. */
export async function measureCpu({ worker, effort }: Bench): Promise<Measurement> {
  const warmUp: BenchSource = { kind: 'vault', name: 'warm-up', keys: effort.quick ? 100 : 200 };
  const vault: BenchSource = { kind: 'vault', name: 'measured', keys: effort.quick ? 400 : 1000 };
  await using azure = await startBenchAzure([warmUp, vault]);
  const env = settingsOf(azure, [warmUp, vault]);
  const nextRunTime = runTimes();
  const rounds = [];
  for (let round = 0; round < effort.rounds; round++) {
    const floor = await measure(worker, env, {
      kind: 'script',
      loop: loopOver(azure, vault, `floor-${round}`, 16),
      warmUp: loopOver(azure, warmUp, `warm-up-${round}`, 16),
    });
    const ours = await measure(worker, env, {
      kind: 'run',
      runTime: nextRunTime(),
      sources: [vault.name],
      warmUp: [warmUp.name],
    });
    rounds.push({ floor: floor.cpuMs / vault.keys, ours: ours.cpuMs / vault.keys });
  }
  const ratio = medianOf(rounds, ({ floor, ours }) => ours / floor);
  const ours = medianOf(rounds, (round) => round.ours);
  const floor = medianOf(rounds, (round) => round.floor);
  return {
    figures: { cpuPerKeyOverFloor: ratio },
    charts: [
      barChart({
        file: 'cpu.svg',
        title: `A key costs ${ours.toFixed(2)} ms of CPU, ${ratio.toFixed(2)} times a bare loop's`,
        subtitle: `${vault.keys} keys, 16 at once; the bare loop has the same SDK calls and connections, and nothing else`,
        unit: 'CPU milliseconds per key',
        bars: [
          { label: 'our run', value: ours, shown: `${ours.toFixed(2)} ms` },
          { label: 'bare loop', value: floor, shown: `${floor.toFixed(2)} ms` },
        ],
        mark: { value: floor * 1.25, label: 'target' },
      }),
    ],
  };
}
