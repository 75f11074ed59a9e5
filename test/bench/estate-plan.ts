import hostJson from '../../host.json' with { type: 'json' };
import { hostDefaults } from '../../src/app/host-json.ts';
import { callsAtOnce, defaultBackupsPerSecond, type SourceKind } from '../../src/escrow/model/source.ts';
import { prices } from './prices.ts';

/** Sources that are alike. */
interface SourceGroup {
  readonly kind: SourceKind;
  readonly count: number;
  readonly keysEach: number;
  /** Ours; the default when absent. */
  readonly maxBackupsPerSecond?: number;
}

export interface Estate {
  readonly name: string;
  readonly groups: readonly SourceGroup[];
  /** Deployments of the app, each with its own part of the sources. */
  readonly apps: number;
  /** `maximumInstances` of each. */
  readonly instances: number;
}

/** What the bench measured (docs/performance.md) and what the plan takes for granted. */
const model = {
  cpuMsPerKey: 1.6,
  /** A backup call from within the region, with the put that follows it in the same slot. */
  secondsPerKeyCall: 0.15,
  /** Credential, challenge, marker, report. */
  secondsToBegin: 1,
  /** host.json polls an idle queue every five seconds. */
  secondsToFanOut: 5,
  backupBytes: { vault: 15_000, managedHsm: 22_000 },
  logBytesPerKey: 1_000,
  instanceGb: 2,
  auditRequestsPerKey: 1.09,
  nightsKept: 365,
} as const;

/** Key Vault counts per 10 s; the smallest row is RSA-4096, HSM-protected: 250. A Managed HSM allows 10 backups a second. */
const serviceLimitPerSecond = { vault: 25, managedHsm: 10 } as const;
/** Of a storage account: https://learn.microsoft.com/azure/storage/common/scalability-targets-standard-account */
const storageRequestsPerSecond = 20_000;
/** At the least: an instance asks for more messages while it runs `newBatchThreshold` of them or fewer. */
const messagesAtOnce = hostJson.extensions.queues.newBatchThreshold + 1;
const keysPerPage = 25;
/** No key starts in the last two minutes of an invocation. */
const usableSeconds = hostDefaults.functionTimeoutMs / 1000 - 120;

/**
 * One night of one source: every listing page and every backup passes the pace.
 * @returns with more than one invocation: the run outlives functionTimeout and is resumed.
 */
export function nightOfSource({ kind, keysEach, maxBackupsPerSecond }: SourceGroup) {
  const limits = [
    { binds: 'our pace', perSecond: maxBackupsPerSecond ?? defaultBackupsPerSecond(kind) },
    { binds: "the service's limit", perSecond: serviceLimitPerSecond[kind] },
    { binds: 'calls at once', perSecond: callsAtOnce(kind) / model.secondsPerKeyCall },
  ] as const;
  const { binds, perSecond } = limits.reduce((least, limit) => (limit.perSecond < least.perSecond ? limit : least));
  const calls = keysEach + Math.ceil(keysEach / keysPerPage);
  const seconds = model.secondsToBegin + calls / perSecond;
  return { seconds, calls, perSecond, binds, invocations: Math.ceil(seconds / usableSeconds) };
}

/**
 * A night of everything, with fan-out where there is more than one source; the longest sources begin first.
 * @returns costs in US dollars.
 */
export function nightOfEstate({ groups, apps, instances }: Estate) {
  const sources = groups.flatMap((group) =>
    Array.from({ length: group.count }, () => ({ ...group, ...nightOfSource(group) })),
  );
  const slots = apps * instances * messagesAtOnce;
  const sourceSeconds = sources.map(({ seconds }) => seconds);
  const lastEnd = Math.max(...endsOfSlots(sourceSeconds, slots));
  const longest = sources.reduce((most, source) => (source.seconds > most.seconds ? source : most));
  const isCrowded = lastEnd > longest.seconds * 1.05;
  const atOnce = Math.min(slots, sources.length);
  const keys = sum(sources.map(({ keysEach }) => keysEach));
  const sourceCalls = sum(sources.map(({ calls }) => calls));
  const storageRequests = keys + 2 * sources.length;
  const busyInstances = Math.min(apps * instances, Math.ceil(sources.length / messagesAtOnce));
  const storedGb = sum(
    groups.map(({ kind, count, keysEach }) => (count * keysEach * model.backupBytes[kind] * model.nightsKept) / 1e9),
  );
  const perSecondAtOnce = (sum(sources.map(({ perSecond }) => perSecond)) / sources.length) * atOnce;
  const vaultCalls = sum(sources.filter(({ kind }) => kind === 'vault').map(({ calls }) => calls));
  return {
    seconds: lastEnd + (sources.length > 1 ? model.secondsToFanOut : 0),
    sourcesAtOnce: atOnce,
    binds: isCrowded
      ? `${slots} sources at once`
      : `${longest.binds} (${longest.perSecond}/s) on ${longest.keysEach.toLocaleString('en')} keys`,
    keys,
    sourceCalls,
    storageRequests,
    /** Of the account's limit at the busiest. */
    storageShare: perSecondAtOnce / storageRequestsPerSecond / apps,
    /** Of one core that a busy instance needs. */
    cpuShare: ((perSecondAtOnce / busyInstances) * model.cpuMsPerKey) / 1000,
    costPerNight:
      (vaultCalls / 10_000) * prices.vaultCallsPer10000 +
      (storageRequests / 10_000) * prices.blobWritesPer10000 +
      ((keys * model.auditRequestsPerKey) / 10_000) * prices.blobReadsPer10000 +
      Math.max(sum(sourceSeconds) / messagesAtOnce, busyInstances * 60) * model.instanceGb * prices.computePerGbSecond +
      ((keys * model.logBytesPerKey) / 1e9) * prices.logsPerGb,
    storedGb,
    storageCostPerMonth: storedGb * prices.blobGbMonth,
  };
}

/** When each of `slots` workers ends, if every next source goes to the one that is free first, the longest sources first. */
export function endsOfSlots(seconds: readonly number[], slots: number): number[] {
  const ends = new Array<number>(Math.min(slots, seconds.length)).fill(0);
  for (const length of seconds.toSorted((a, b) => b - a)) {
    const free = ends.indexOf(Math.min(...ends));
    ends[free] = (ends[free] ?? 0) + length;
  }
  return ends;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
