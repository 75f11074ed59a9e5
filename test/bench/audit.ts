import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunId, scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { runTimeOfTimer } from '../../src/escrow/model/run-time.ts';
import { auditName, recordName, reportName, startedMarkerName } from '../../src/escrow/records/blob-names.ts';
import { day, now } from '../support/now.ts';
import { barChart, countBars } from './bar-chart.ts';
import { type BenchSource, keyName, settingsOf, startBenchAzure } from './bench-azure.ts';
import { measure } from './measured-process.ts';
import { measureRun } from './measured-run.ts';
import type { Bench, Measurement } from './measurement.ts';
import { countByOperation, vaultRequests } from './request-counts.ts';

const daysOfHistory = 365;
// Azurite dates every blob by its own clock. Old runs under the names of the last weeks would be taken for new, and so would
// old audits under any: in their place lie as many blobs that an audit lists too, and leaves alone.
const daysLeftOut = 20;

/**
 * The next audit of an escrow whose container holds a year: the marker, report and audits of every day, and every day's
 * record of some of the keys. Nothing of that may be requested again; what is left is the work of one day.
 */
export async function measureAudit(bench: Bench): Promise<Measurement> {
  const { worker, effort } = bench;
  const hsm: BenchSource = { kind: 'managedHsm', name: 'audited', keys: effort.quick ? 600 : 1000 };
  await using azure = await startBenchAzure([hsm]);
  const env = settingsOf(azure, [hsm]);
  // The backup identity adds no audit.
  const auditEnv = { ...env, ...azure.envOf(azure.identities.audit) };
  const lastNight = runTimeOfTimer(undefined, '0 0 2 * * *', now());
  const nightBefore = new Date(lastNight.getTime() - day);
  const run = (at: Date) => measureRun(bench, azure, hsm, at.toISOString());

  await run(effort.quick ? lastNight : nightBefore);
  await measure(worker, auditEnv, { kind: 'audit' });
  await measure(worker, auditEnv, { kind: 'monthOfAudits' });
  const days = runIdsBefore(nightBefore);
  const blobNames = days.flatMap((runId) => leftByRun(hsm, runId, effort.quick ? 1 : 20));
  await measure(worker, env, { kind: 'fill', into: 'store', blobNames });
  await measure(worker, auditEnv, { kind: 'fill', into: 'audits', blobNames: days.flatMap(leftByAudit) });
  if (!effort.quick) await run(lastNight);
  azure.keyVault.requests.length = 0;
  azure.storage.requests.length = 0;
  await measure(worker, auditEnv, { kind: 'audit' });

  const toSource = countByOperation(vaultRequests(azure.keyVault.requests, hsm.name));
  const counts = Object.entries({ ...toSource, ...countByOperation(azure.storage.requests) });
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const perKey = total / hsm.keys;
  return {
    figures: { auditRequestsPerKey: perKey, ...(effort.quick ? {} : await measureMemory(bench)) },
    charts: [
      barChart({
        file: 'audit.svg',
        title: `A daily audit asks ${perKey.toFixed(3)} requests a key, whatever the history`,
        subtitle: `${hsm.keys} keys; the container holds a year of runs and audits and ${blobNames.length} old blobs`,
        unit: 'requests',
        bars: countBars(counts.toSorted(([, a], [, b]) => b - a)),
      }),
    ],
  };
}

/**
 * What an audit holds, measured at two sizes, so that the process itself is not in the difference: an audit that has one before it to
 * read, in a process of its own, as on a plan that scales to zero.
 */
async function measureMemory({ worker }: Bench) {
  const peakOf = async (keys: number): Promise<number> => {
    await using place = await mkdtempDisposable(join(tmpdir(), 'large-escrow-'));
    const job = { kind: 'largeAudit', keys, folder: place.path } as const;
    await measure(worker, {}, job);
    const { peakRssBytes } = await measure(worker, {}, job);
    const audits = (await readdir(join(place.path, 'audits'))).filter((name) => /Z(\.\d+)?\.json$/.test(name));
    if (audits.length !== 2) throw new Error(`Two audits left ${audits.join(', ') || 'nothing'}.`);
    return peakRssBytes;
  };
  // V8's young generation has its full size at both.
  const [few, many] = [await peakOf(10_000), await peakOf(50_000)];
  return { auditBytesPerKey: (many - few) / 40_000, auditPeakMb: many / 1_000_000 };
}

/** Runs of a year before a time, one a day. */
function runIdsBefore(until: Date): RunId[] {
  return Array.from({ length: daysOfHistory - daysLeftOut }, (_, index) =>
    scheduledRunId(new Date(until.getTime() - (index + daysLeftOut) * day)),
  );
}

function leftByRun(hsm: BenchSource, runId: RunId, keysWithRecords: number): string[] {
  const records = Array.from({ length: keysWithRecords }, (_, number) => recordName(hsm, keyName(number + 1), runId));
  return [startedMarkerName(runId, hsm), reportName(runId, hsm), ...records];
}

function leftByAudit(runId: RunId): string[] {
  return [`${auditName(runId, 'json')}.old`, `${auditName(runId, 'html')}.old`];
}
