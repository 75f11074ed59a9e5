import type { BenchSource } from './bench-azure.ts';
import { lineChart } from './line-chart.ts';
import { requestsOfRun } from './measured-run.ts';
import type { Bench, Measurement } from './measurement.ts';
import { perSecondCounts, wasteOf } from './request-counts.ts';

const pace = 20;
const allowed = pace / 2;

/** A vault that allows half of our pace and says so by 429 without Retry-After, as the service does. */
export async function measureStorm(bench: Bench): Promise<Measurement> {
  const vault: BenchSource = {
    kind: 'vault',
    name: 'stormy',
    keys: bench.effort.quick ? 80 : 400,
    maxBackupsPerSecond: pace,
    callsPerSecond: allowed,
  };
  const requests = await requestsOfRun(bench, vault);
  const waste = wasteOf(requests, vault.keys);
  const first = requests[0]?.at ?? 0;
  const curve = (wanted: typeof requests) =>
    perSecondCounts([first, ...wanted.map(({ at }) => at)]).map((count, second) => [second, count] as const);
  return {
    figures: { stormWaste: waste },
    charts: [
      lineChart({
        file: 'storm.svg',
        title: `In a storm of 429 only ${(waste * 100).toFixed(1)} % of the backup calls are in vain`,
        subtitle: `${vault.keys} keys, maxBackupsPerSecond ${pace}; the vault allows ${allowed} a second, no Retry-After`,
        xLabel: 'seconds since the first call',
        yLabel: 'calls a second',
        series: [
          { label: 'answered', points: curve(requests.filter(({ status }) => status !== 429)) },
          { label: 'refused with 429', points: curve(requests.filter(({ status }) => status === 429)) },
        ],
        marks: [{ y: allowed, label: 'allowed' }],
      }),
    ],
  };
}
