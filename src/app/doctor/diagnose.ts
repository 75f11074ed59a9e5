import { count } from '../../escrow/model/count.ts';
import { dayMs } from '../../escrow/model/day.ts';
import type { EscrowStore } from '../../escrow/ports/escrow-store.ts';
import { auditFolder, drillFolder, parseAuditName, parseDrillBlobName } from '../../escrow/records/blob-names.ts';
import { listRuns } from '../../escrow/records/stored-run.ts';
import type { SourceEntry } from '../discover/sources-file.ts';
import type { Environment } from '../setting-reader.ts';
import type { Task } from '../task.ts';
import { type CheckedSubject, ok, unlessRefused } from './check.ts';
import { checkEstate } from './check-estate.ts';
import { checkQueues } from './check-queues.ts';
import { checkSource } from './check-source.ts';
import { checkStores } from './check-stores.ts';

export type Diagnosis = Awaited<ReturnType<typeof diagnose>>;

const runsLookedFor = 8 * dayMs;

/**
 * Looks at a deployment as the person who asks sees it. `latest` is when each began or was written last, where one can be read.
 * @param env the environment: is there a proxy, and is this the app itself?
 * @param listed the deployment's list of sources, where it is at hand.
 */
export async function diagnose(task: Task, env: Environment, listed: readonly SourceEntry[]) {
  const { audits, drills, settings } = task.services;
  const { sources } = settings;
  const hasProxy = (env.HTTPS_PROXY ?? env.https_proxy) !== undefined;
  // As deployed, the app's queue connection and its other calls have one identity.
  const isApp = env.AZURE_CLIENT_ID !== undefined && env.AZURE_CLIENT_ID === env.ESCROW_QUEUE__clientId;
  // Settings with a fault end before any command begins, with every fault named.
  const configured = `${count(sources.length, 'source')} configured`;
  const [ofSources, ofStores, ofQueues, estate, run, audit, drill] = await Promise.all([
    Promise.all(sources.map((source) => checkSource(source, task, hasProxy))),
    checkStores(task),
    checkQueues(task, isApp),
    checkEstate(task, listed),
    latest(task, () => latestRun(task)),
    latest(task, () => newestBlob(audits, auditFolder, (name) => parseAuditName(name)?.form === 'json', task)),
    latest(task, () => newestBlob(drills, drillFolder, (name) => parseDrillBlobName(name)?.what === 'receipt', task)),
  ]);
  const ofSettings: CheckedSubject = { subject: 'settings', checks: [ok('settings', configured)] };
  const subjects = [ofSettings, ...ofSources, ...ofStores, ofQueues, estate];
  const counts = { ok: 0, notChecked: 0, failed: 0 };
  for (const { status } of subjects.flatMap(({ checks }) => checks)) counts[status]++;
  return { subjects, counts, latest: { run, audit, drill } };
}

/** What cannot be read has a check of its own that says why. */
function latest(task: Task, find: () => Promise<Date | undefined>): Promise<Date | undefined> {
  return unlessRefused(task, find, () => undefined);
}

async function latestRun({ services, signal }: Task): Promise<Date | undefined> {
  const now = services.now();
  const { runs } = await listRuns(services.store, new Date(now.getTime() - runsLookedFor), now, signal);
  return runs.at(-1)?.startedAt;
}

async function newestBlob(
  store: EscrowStore,
  folder: string,
  isMeant: (name: string) => boolean,
  { signal }: Task,
): Promise<Date | undefined> {
  let newest: Date | undefined;
  for await (const { name, createdAt } of store.list(folder, signal)) {
    if (isMeant(name) && (newest === undefined || createdAt > newest)) newest = createdAt;
  }
  return newest;
}
