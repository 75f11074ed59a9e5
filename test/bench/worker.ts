import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { pathToFileURL } from 'node:url';
import PQueue from 'p-queue';
import { auditEscrow } from '../../src/app/audit-escrow.ts';
import { backUpSources } from '../../src/app/backup/back-up-sources.ts';
import { deskSource } from '../../src/app/backup/backup-target.ts';
import { createOperatorServices } from '../../src/app/operator-services.ts';
import { runSources } from '../../src/app/run-sources.ts';
import { createServices, type Services } from '../../src/app/services.ts';
import { readSettings } from '../../src/app/settings.ts';
import { CoverageGaps } from '../../src/escrow/audit/document/audit-log.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import type { EscrowLog } from '../../src/escrow/ports/escrow-events.ts';
import type { EscrowStore } from '../../src/escrow/ports/escrow-store.ts';
import { auditLargeEscrow } from './large-escrow.ts';
import { leaveMonthOfAudits } from './month-of-audits.ts';
import { runFolderScript, runScript } from './script-loops.ts';
import type { MemorySample, Profiles, WorkerAnswer, WorkerJob } from './worker-protocol.ts';

/*
 * The measured process: only the code under test runs in it. The stand-in, Azurite, proxy and identity endpoint have
 * their own, so CPU and memory here are the product's.
 */

let keys = 0;
// As in the function: a line per event is made; where the worker would send it, it ends here.
const log: EscrowLog = (_level, event) => {
  if (JSON.stringify(event).length > 0 && event.event === 'escrow.key.escrowed') keys++;
};

type DeskJob = Extract<WorkerJob, { kind: 'desk' }>;

/** @returns what is measured; everything before it, warm-up included, is not. */
async function prepare(job: WorkerJob): Promise<() => Promise<void>> {
  if (job.kind === 'script') {
    if (job.warmUp !== undefined) await runScript(job.warmUp);
    return () => runScript(job.loop);
  }
  if (job.kind === 'folderScript') return () => runFolderScript(job.vaultUrl, job.folder);
  if (job.kind === 'desk') return () => backUpAtDesk(job);
  if (job.kind === 'largeAudit') return () => auditLargeEscrow(job.keys, job.folder);
  const services = createServices(readSettings(process.env));
  if (job.kind === 'audit') return () => audit(services);
  if (job.kind === 'monthOfAudits') return () => leaveMonthOfAudits(services);
  if (job.kind === 'fill') return () => fill(services, services[job.into], job.blobNames);
  const run = (names: readonly string[]): Promise<void> => {
    const sources = services.settings.sources.filter(({ name }) => names.includes(name));
    const runId = scheduledRunId(new Date(job.runTime));
    return runSources(services, sources, { runId, trigger: 'schedule', attempt: 1, whatIf: false }, log);
  };
  if (job.warmUp !== undefined) await run(job.warmUp);
  keys = 0;
  return () => run(job.sources);
}

/** As `keyvault-escrow backup --vault-name … --store …`. */
async function backUpAtDesk({ vaultName, folder, maxBackupsPerSecond }: DeskJob): Promise<void> {
  const env = { ...process.env, ESCROW_CONTAINER_URL: pathToFileURL(folder).href, ESCROW_ACCOUNT_ID: undefined };
  const services = createOperatorServices(readSettings(env, 'command'));
  const source = deskSource({ kind: 'vault', name: vaultName }, [], { maxBackupsPerSecond });
  const task = { services, signal: new AbortController().signal, say: () => undefined };
  const progress = { listed: () => undefined, done: () => undefined };
  const { runs } = await backUpSources({ sources: [source], force: false, whatIf: false }, task, progress);
  if (runs.some(({ status }) => status !== 'ok')) throw new Error('The run is incomplete.');
  await services.release();
}

/** Gaps are no failure of the measurement: records of last year that Azurite dates today are found wrong. */
async function audit(services: Services): Promise<void> {
  await auditEscrow(services, log).catch((error) => {
    if (!(error instanceof CoverageGaps)) throw error;
  });
}

async function fill({ timeBudget }: Services, store: EscrowStore, names: readonly string[]): Promise<void> {
  const { hardDeadline } = timeBudget();
  const bytes = Buffer.from('an old blob');
  const put = (name: string) => () =>
    store.create({ name, bytes, contentType: 'application/octet-stream', metadata: {} }, hardDeadline);
  await new PQueue({ concurrency: 32 }).addAll(names.map(put));
}

async function profiled(work: () => Promise<void>): Promise<Profiles> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 16_384,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  } as object);
  await session.post('Profiler.start');
  await work();
  const { profile: cpu } = await session.post('Profiler.stop');
  const { profile: heap } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  return { cpu, heap };
}

/** Linux counts what the parent held at the fork into `maxRSS`; the high-water mark of `/proc` is this program's own. */
function peakRss(): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

async function answer(job: WorkerJob): Promise<WorkerAnswer> {
  const work = await prepare(job);
  const samples: MemorySample[] = [];
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const sampling = setInterval(() => {
    samples.push({ atMs: performance.now() - startedAt, rssBytes: process.memoryUsage.rss(), keys });
  }, 100);
  const profiles = job.kind === 'run' && job.profile ? await profiled(work) : await work();
  clearInterval(sampling);
  const cpu = process.cpuUsage(cpuBefore);
  const elapsedMs = performance.now() - startedAt;
  const cpuMs = (cpu.user + cpu.system) / 1000;
  return { measured: { elapsedMs, cpuMs, peakRssBytes: peakRss(), samples, ...(profiles && { profiles }) } };
}

process.once('message', (job: WorkerJob) => {
  void answer(job)
    .catch((error: Error): WorkerAnswer => ({ error: error.stack ?? error.message }))
    .then((told) => process.send?.(told, () => process.exit(0)));
});
