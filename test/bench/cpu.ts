import { barChart } from './bar-chart.ts';
import { type BenchSource, settingsOf, startBenchAzure } from './bench-azure.ts';
import { measure } from './measured-process.ts';
import { type Bench, type Measurement, runTimes } from './measurement.ts';
import { medianOf } from './median.ts';

/** CPU of our process for each key, against a bare loop with the same SDKs, connections and calls at once. */
export async function measureCpu({ worker, effort }: Bench): Promise<Measurement & { readonly cpuMsPerKey: number }> {
  const warmUp: BenchSource = { kind: 'vault', name: 'warm-up', keys: effort.quick ? 100 : 200 };
  const vault: BenchSource = { kind: 'vault', name: 'measured', keys: effort.quick ? 400 : 1000 };
  await using azure = await startBenchAzure([warmUp, vault]);
  const env = settingsOf(azure, [warmUp, vault]);
  const nextRunTime = runTimes();
  const loopOver = ({ name }: BenchSource, folder: string) => ({
    vaultUrl: `https://${name}.vault.azure.net`,
    containerUrl: azure.containerUrl,
    folder,
    callsAtOnce: 16,
  });
  const rounds = [];
  for (let round = 0; round < effort.rounds; round++) {
    const floor = await measure(worker, env, {
      kind: 'script',
      loop: loopOver(vault, `floor-${round}`),
      warmUp: loopOver(warmUp, `warm-up-${round}`),
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
    cpuMsPerKey: ours,
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
