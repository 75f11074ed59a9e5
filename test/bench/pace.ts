import type { BenchSource } from './bench-azure.ts';
import { settingsOf, slowDown, startBenchAzure } from './bench-azure.ts';
import { lineChart } from './line-chart.ts';
import { measure } from './measured-process.ts';
import type { Bench, Measurement } from './measurement.ts';
import { runTimes } from './measurement.ts';
import { perSecondCounts, shareOfLimit, throttledCount, vaultRequests } from './request-counts.ts';

const limit = 10;

/** A Managed HSM that allows ten calls a second, and a source whose pace is exactly that. */
export async function measurePace({ worker, effort }: Bench): Promise<Measurement> {
  const hsm: BenchSource = {
    kind: 'managedHsm',
    name: 'paced-hsm',
    keys: effort.quick ? 80 : 300,
    maxBackupsPerSecond: limit,
    callsPerSecond: limit,
  };
  await using azure = await startBenchAzure([hsm]);
  slowDown(azure, 150);
  await measure(worker, settingsOf(azure, [hsm]), { kind: 'run', runTime: runTimes()(), sources: [hsm.name] });
  const requests = vaultRequests(azure.keyVault.requests, hsm.name);
  const throttled = throttledCount(requests);
  const at = requests.map((request) => request.at);
  // A pace that is kept by being refused is not kept.
  const kept = throttled > 0 ? 0 : shareOfLimit(at, limit);
  const seconds = perSecondCounts(at).slice(0, -1);
  return {
    figures: { paceKept: kept },
    charts: [
      lineChart({
        file: 'pace.svg',
        title: `The pace is kept: ${(kept * 100).toFixed(1)} % of the limit, ${throttled} answers 429`,
        subtitle: `${hsm.keys} keys of a Managed HSM that allows ${limit} calls a second, maxBackupsPerSecond ${limit}`,
        xLabel: 'seconds since the first call',
        yLabel: 'calls a second',
        series: [{ label: 'calls', points: seconds.map((count, second) => [second, count]) }],
        marks: [{ y: limit, label: 'limit' }],
      }),
    ],
  };
}
