import { mkdtemp, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { barChart, secondsBar } from './bar-chart.ts';
import { type BenchSource, settingsOf, slowDown, startBenchAzure } from './bench-azure.ts';
import { measure } from './measured-process.ts';
import type { Bench, Measurement } from './measurement.ts';
import { median } from './median.ts';

const keys = 300;
const near = 40;
const far = 150;

/** A person's `backup --store DIR` beside the script that they have today, on the same vault, at two distances. */
export async function measureDesk(bench: Bench): Promise<Measurement> {
  const farAway = await timesAt(far, 1000, bench);
  const nearby = await timesAt(near, undefined, bench);
  return {
    figures: { deskSpeedup: farAway.script / farAway.ours, deskSpeedupAtPace: nearby.script / nearby.ours },
    charts: [
      barChart({
        file: 'desk.svg',
        title: `From a desk, ${(farAway.script / farAway.ours).toFixed(1)} times as fast as a script`,
        subtitle: `A vault of ${keys} keys into a folder; by itself the command keeps to 50 calls a second`,
        unit: 'seconds',
        bars: [
          secondsBar(`script, ${far} ms a call`, farAway.script),
          secondsBar(`backup, ${far} ms, pace out of the way`, farAway.ours),
          secondsBar(`script, ${near} ms a call`, nearby.script),
          secondsBar(`backup, ${near} ms, its own pace`, nearby.ours),
        ],
      }),
    ],
  };
}

async function timesAt(latencyMs: number, maxBackupsPerSecond: number | undefined, { worker, effort }: Bench) {
  // The script's time is the same for each page and each key; a quick run takes a quarter and counts it four times.
  const byScript: BenchSource = { kind: 'vault', name: 'by-script', keys: effort.quick ? keys / 4 : keys };
  const byUs: BenchSource = { kind: 'vault', name: 'by-us', keys };
  await using azure = await startBenchAzure([byScript, byUs]);
  slowDown(azure, latencyMs);
  const env = settingsOf(azure, [byUs]);
  await using place = await mkdtempDisposable(join(tmpdir(), 'escrow-desk-bench-'));
  const folder = (): Promise<string> => mkdtemp(join(place.path, 'round-'));
  const vaultUrl = `https://${byScript.name}.vault.azure.net`;
  const script = await measure(worker, env, { kind: 'folderScript', vaultUrl, folder: await folder() });
  const rounds: number[] = [];
  for (let round = 0; round < effort.rounds; round++) {
    const job = { kind: 'desk', vaultName: byUs.name, folder: await folder() } as const;
    const paced = maxBackupsPerSecond === undefined ? job : { ...job, maxBackupsPerSecond };
    rounds.push((await measure(worker, env, paced)).elapsedMs);
  }
  return { script: script.elapsedMs * (keys / byScript.keys), ours: median(rounds) };
}
