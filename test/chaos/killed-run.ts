import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HostEvent } from '../../local-azure/functions-host/host-events.ts';
import type { FunctionsHost } from '../../local-azure/functions-host/start.ts';
import { timerState } from '../../local-azure/functions-host/timer/timer-state.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import type { SourceId } from '../../src/escrow/model/source.ts';
import { viewContainer } from '../support/container-view.ts';
import { startEscrowHost } from '../support/escrow-host.ts';
import type { EscrowPlace } from '../support/escrow-place.ts';
import { viewQueue } from '../support/queue-view.ts';
import { secretFinder, textSecret } from '../support/secrets.ts';
import { watchRequests } from './request-watch.ts';
import { runProgress } from './run-progress.ts';
import { judgeRun } from './run-verdict.ts';

/** Milliseconds. Ends what hangs; a busy machine may take as long as it likes. */
const hang = 240_000;

export type Victim = 'host' | 'worker';

interface KilledRunOptions {
  /** A place of its own: nothing else is in its container and queues. */
  readonly place: EscrowPlace;
  readonly keysOf: ReadonlyMap<SourceId, readonly string[]>;
  readonly fanOut: boolean;
  readonly schedule: string;
  readonly occurrence: Date;
  /** The worker dies alone, and its host starts another; or both die, and another host is started. */
  readonly victim: Victim;
  /** One after the other is killed when the services have seen that many requests of the run since its start. */
  readonly instants: readonly number[];
  /** Up to so many milliseconds later, by chance. */
  readonly jitterMs: () => number;
}

export interface KilledRun {
  /** Deaths while the run was not over. */
  readonly kills: number;
  /** Requests of the run that the services saw, over all hosts. */
  readonly requests: number;
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
  readonly untrue: readonly string[];
  readonly leaks: readonly string[];
}

/**
 * Fires the nightly run as due and kills its host with SIGKILL, starts the next one on the same timer status and the same
 * queue, and lets it do what the real host would: fire the past-due timer, take up the messages whose invisibility ended. Or kills
 * the worker alone, and lets the host do what the real one would: start another, retry the timer, release the messages.
 */
export async function killedRun(options: KilledRunOptions): Promise<KilledRun> {
  const { place, keysOf, occurrence } = options;
  const runId = scheduledRunId(occurrence);
  const folder = await mkdtemp(join(tmpdir(), 'keyvault-escrow-chaos-'));
  const stateFile = join(folder, 'timers.json');
  const watch = watchRequests(place, runId);
  const container = viewContainer(place);
  const events: HostEvent[] = [];
  const progress = runProgress(keysOf.keys(), options.fanOut);
  const needless: string[] = [];
  let kills = 0;

  const start = (): Promise<FunctionsHost> =>
    startEscrowHost(place, {
      sources: [...keysOf.keys()].map(({ kind, name }) => (kind === 'vault' ? { vaultName: name } : { hsmName: name })),
      settings: { ESCROW_SCHEDULE: options.schedule, ESCROW_FAN_OUT: String(options.fanOut) },
      overrides: { messageLeaseMs: 1_000, timerRetryDelayMs: 0, shutdownGraceMs: 500, maxPollingIntervalMs: 50 },
      stateFile,
    });

  let already: ReadonlySet<string> = new Set();
  /** Holds the backups since the last look against the records that were there then. */
  const look = async (): Promise<void> => {
    const before = already;
    already = new Set(await container.names());
    needless.push(...watch.backupsOf(before));
  };
  let host: FunctionsHost | undefined;

  try {
    host = await start();
    progress.follow(host);
    host.fireTimer('nightlyEscrow', { at: occurrence }).catch(() => undefined);
    for (const instant of options.instants) {
      const from = watch.count();
      if (!(await reached(() => watch.count() - from >= instant, progress.isOver))) break;
      await delay(options.jitterMs());
      // Its host goes on: what is there has to be seen before the next worker begins.
      if (options.victim === 'worker') await look();
      if (!progress.isOver()) kills += 1;
      if (options.victim === 'worker') {
        await killWorker(host);
      } else {
        await host.kill();
        events.push(...host.events);
        await look();
        const next = timerState(stateFile).read('nightlyEscrow')?.next ?? '';
        host = await start();
        progress.follow(host, next > occurrence.toISOString());
      }
    }
    const queue = viewQueue(place);
    const deadline = performance.now() + hang;
    while (performance.now() < deadline) {
      if (progress.isOver() && (!options.fanOut || (await queue.count()) === 0)) break;
      await delay(20);
    }
    await host.stop();
    events.push(...host.events);
    await look();
    const verdict = await judgeRun(place, runId, keysOf);
    const finder = secretFinder([
      ...verdict.records.map(({ name, content }) => ({ what: `the backup ${name}`, bytes: content })),
      textSecret('IDENTITY_HEADER', place.identityEndpoint.header),
    ]);
    const said = [...verdict.texts, ...events.map((event) => JSON.stringify(event))];
    const repeated = needless.map((name) => `${name} was there, and its key was backed up again`);
    return {
      kills,
      requests: watch.count(),
      lost: verdict.lost,
      duplicated: [...verdict.duplicated, ...repeated],
      untrue: verdict.untrue,
      leaks: said.flatMap((text) => finder.findIn(text)),
    };
  } finally {
    await host?.stop();
    watch.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** As the system does when memory runs out. Resolves when the host has started another. */
async function killWorker(host: FunctionsHost): Promise<void> {
  const since = host.events.length;
  process.kill(host.workerPid, 'SIGKILL');
  await host.waitFor(({ event }) => event === 'workerStarted', { since });
}

/** @returns false when the run was over first. */
async function reached(test: () => boolean, isOver: () => boolean): Promise<boolean> {
  for (const deadline = performance.now() + hang; performance.now() < deadline; ) {
    if (test()) return true;
    if (isOver()) return false;
    await delay(1);
  }
  return true;
}
