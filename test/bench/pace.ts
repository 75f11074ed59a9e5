import type { BenchSource } from './bench-azure.ts';
import { lineChart } from './line-chart.ts';
import { requestsOfRun } from './measured-run.ts';
import type { Bench, Measurement } from './measurement.ts';
import { perSecondCounts, shareOfLimit, throttledCount } from './request-counts.ts';

const limit = 10;

/** A Managed HSM that allows ten calls a second, and a source whose pace is exactly that. */
export async function measurePace(bench: Bench): Promise<Measurement> {
  const hsm: BenchSource = {
    kind: 'managedHsm',
    name: 'paced-hsm',
    keys: bench.effort.quick ? 80 : 300,
    maxBackupsPerSecond: limit,
    callsPerSecond: limit,
  };
  const requests = await requestsOfRun(bench, hsm);
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
