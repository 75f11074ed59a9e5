import { barChart, secondsBar } from './bar-chart.ts';
import { type BenchSource, keyName, slowDown, startBenchAzure } from './bench-azure.ts';
import { measureRun } from './measured-run.ts';
import { type Bench, type Measurement, runTimes } from './measurement.ts';

/** A Managed HSM in the same region. From afar a resume takes as long as its listing: 25 keys a call, one after the other. */
const latencyMs = 50;

/**
 * At a Managed HSM's own limit, because the pace is what a run's time is made of: a full run, then a run that left out one key in a hundred,
 * then the same run again over all keys. The last one finds 99 % of its records there.
 */
export async function measureResume(bench: Bench): Promise<Measurement> {
  const hsm: BenchSource = {
    kind: 'managedHsm',
    name: 'resumed',
    keys: bench.effort.quick ? 100 : 400,
    maxBackupsPerSecond: 10,
  };
  const leftOut = Array.from({ length: hsm.keys / 100 }, (_, index) => keyName((index + 1) * 100));
  const unpaced = { ...hsm, maxBackupsPerSecond: 1000 };
  await using azure = await startBenchAzure([hsm]);
  slowDown(azure, latencyMs);
  const nextRunTime = runTimes();
  const full = (await measureRun(bench, azure, hsm, nextRunTime())).elapsedMs;
  const interrupted = nextRunTime();
  await measureRun(bench, azure, { ...unpaced, except: leftOut }, interrupted);
  azure.keyVault.requests.length = 0;
  const resumed = (await measureRun(bench, azure, hsm, interrupted)).elapsedMs;
  const backups = azure.keyVault.requests.filter(({ operation }) => operation === 'backupKey').length;
  if (backups !== leftOut.length) throw new Error(`The resume backed up ${backups} keys instead of ${leftOut.length}.`);
  return {
    figures: { resumeCost: resumed / full },
    charts: [
      barChart({
        file: 'resume.svg',
        title: `Resuming a run that was 99 % done takes ${((100 * resumed) / full).toFixed(1)} % of its time`,
        subtitle: `${hsm.keys} keys of a Managed HSM at its limit of 10 a second, ${latencyMs} ms a vault call`,
        unit: 'seconds',
        bars: [secondsBar('full run', full), secondsBar('resume', resumed)],
        mark: { value: full / 10_000, label: 'target' },
      }),
    ],
  };
}
