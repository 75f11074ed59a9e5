import { barChart, countBars, secondsBar } from './bar-chart.ts';
import { type BenchSource, loopOver, slowDown, startBenchAzure } from './bench-azure.ts';
import { measure } from './measured-process.ts';
import { measureRun } from './measured-run.ts';
import { type Bench, type Measurement, runTimes } from './measurement.ts';
import { median, medianOf } from './median.ts';
import { countByOperation, storageRequestsPerKey, vaultRequests, vaultRequestsPerKey } from './request-counts.ts';

const keys = 300;
const latencyMs = 150;
const vault: BenchSource = { kind: 'vault', name: 'speedup', keys };

type SpeedupGround = Awaited<ReturnType<typeof startSpeedupGround>>;

/** One vault for the loops, one for our runs, all under the same latency. */
export async function startSpeedupGround({ effort }: Bench) {
  // The script's time is the same for each page and each key; a quick run takes a quarter and counts it four times.
  const loopVault: BenchSource = { kind: 'vault', name: 'by-script', keys: effort.quick ? keys / 4 : keys };
  const azure = await startBenchAzure([vault, loopVault]);
  slowDown(azure, latencyMs);
  return { azure, loopVault, [Symbol.asyncDispose]: () => azure.stop() };
}

/** The rounds go side by side, each in its own process: a script waits for the service nineteen parts of twenty. */
export async function timeScript({ azure, loopVault }: SpeedupGround, { worker, effort }: Bench): Promise<number[]> {
  const round = async (number: number): Promise<number> => {
    const loop = loopOver(azure, loopVault, `script-${number}`, 1);
    const { elapsedMs } = await measure(worker, azure.env, { kind: 'script', loop });
    return elapsedMs * (keys / loopVault.keys);
  };
  return await Promise.all(Array.from({ length: effort.rounds }, (_, number) => round(number)));
}

/** Our run against the script's time, and what it asked of the services. */
export async function measureSpeedup(
  { azure }: SpeedupGround,
  bench: Bench,
  scriptMs: readonly number[],
): Promise<Measurement> {
  const nextRunTime = runTimes();
  const rounds = [];
  for (let round = 0; round < bench.effort.rounds; round++) {
    azure.keyVault.requests.length = 0;
    azure.storage.requests.length = 0;
    const { elapsedMs } = await measureRun(bench, azure, vault, nextRunTime());
    const toVault = vaultRequests(azure.keyVault.requests, vault.name);
    const toStorage = [...azure.storage.requests];
    rounds.push({
      elapsedMs,
      vaultPerKey: vaultRequestsPerKey(toVault, keys),
      storagePerKey: storageRequestsPerKey(toStorage, keys),
      counts: { ...countByOperation(toVault), ...countByOperation(toStorage) },
    });
  }
  const ours = medianOf(rounds, ({ elapsedMs }) => elapsedMs);
  const script = median(scriptMs);
  const speedup = script / ours;
  // Sixteen calls at once, no time lost: the listing's first page, then rounds of 150 ms.
  const ideal = latencyMs * (1 + Math.ceil(keys / 16));
  return {
    figures: {
      speedupOverLoop: speedup,
      vaultRequestsPerKey: medianOf(rounds, ({ vaultPerKey }) => vaultPerKey),
      storageRequestsPerKey: medianOf(rounds, ({ storagePerKey }) => storagePerKey),
    },
    charts: [
      barChart({
        file: 'speedup.svg',
        title: `A run is ${speedup.toFixed(1)} times as fast as a script`,
        subtitle: `${keys} keys, ${latencyMs} ms a vault call, 16 calls at once, pace out of the way`,
        unit: 'seconds',
        bars: [
          secondsBar('script: list, back up, put', script),
          secondsBar('our run', ours),
          secondsBar('the services alone', ideal),
        ],
      }),
      barChart({
        file: 'requests.svg',
        title: 'One request to the vault and one to storage for each key',
        subtitle: `Every request with a token of one run over ${keys} keys, by operation; putBlob counts marker and report`,
        unit: 'requests',
        bars: countBars(Object.entries(rounds.at(-1)?.counts ?? {})),
      }),
    ],
  };
}
