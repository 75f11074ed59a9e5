import { resolve } from 'node:path';
import { barChart } from './bar-chart.ts';
import { type BenchSource, settingsOf, startBenchAzure } from './bench-azure.ts';
import { measure } from './measured-process.ts';
import { type Measurement, runTimes } from './measurement.ts';
import { bytesByFrame, ownerOf, shares, timeByFrame } from './profile-shares.ts';
import { buildUnbundled } from './unbundled.ts';

/** Where a run's CPU and allocations go, by who wrote the code. Unbundled, so that each function knows its package. */
export async function measureProfile(): Promise<Measurement> {
  const warmUp: BenchSource = { kind: 'vault', name: 'warm-up', keys: 200 };
  const vault: BenchSource = { kind: 'vault', name: 'profiled', keys: 1000 };
  await using program = await buildUnbundled(resolve('test/bench/worker.ts'));
  await using azure = await startBenchAzure([warmUp, vault]);
  const { profiles } = await measure(program.entry, settingsOf(azure, [warmUp, vault]), {
    kind: 'run',
    runTime: runTimes()(),
    sources: [vault.name],
    warmUp: [warmUp.name],
    profile: true,
  });
  if (profiles === undefined) throw new Error('The measured process made no profile.');
  const cpu = shares(timeByFrame(profiles.cpu), ownerOf);
  const allocated = shares(bytesByFrame(profiles.heap.head), ownerOf);
  const bars = (parts: typeof cpu) =>
    parts.map(({ owner, share }) => ({ label: owner, value: share * 100, shown: `${(share * 100).toFixed(1)} %` }));
  return {
    figures: {},
    charts: [
      barChart({
        file: 'cpu-profile.svg',
        title: 'CPU goes to TLS, HTTP and the SDKs',
        subtitle: `Self time of our process during a run over ${vault.keys} keys, idle time left out`,
        unit: '% of CPU',
        bars: bars(cpu),
      }),
      barChart({
        file: 'allocations.svg',
        title: 'Memory is allocated for bodies and requests, and given back',
        subtitle: `Bytes allocated during a run over ${vault.keys} keys, collected ones too`,
        unit: '% of bytes',
        bars: bars(allocated),
      }),
    ],
  };
}
