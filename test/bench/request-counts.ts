import type { RequestRecord } from '../../local-azure/key-vault/service.ts';
import type { StorageRequestRecord } from '../../local-azure/storage/storage-gate.ts';

/** How often each operation was requested, at a source or at storage. */
type RequestCounts = Readonly<Record<string, number>>;

/** Requests to one source with a token. The one challenge request per client has none and is not counted. */
export function vaultRequests(requests: readonly RequestRecord[], sourceName: string): RequestRecord[] {
  return requests.filter(({ source, authenticated }) => authenticated && source.startsWith(`${sourceName}.`));
}

export function countByOperation(requests: readonly { readonly operation: string }[]): RequestCounts {
  const counts: Record<string, number> = {};
  for (const { operation } of requests) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

/** Requests to a vault beyond listing pages, per key. */
export function vaultRequestsPerKey(requests: readonly RequestRecord[], keys: number): number {
  return requests.filter(({ operation }) => operation !== 'listKeys').length / keys;
}

/** Requests to storage beyond those for blobs under `runs/` (marker and report), per key. */
export function storageRequestsPerKey(requests: readonly StorageRequestRecord[], keys: number): number {
  return requests.filter(({ blobName }) => !blobName?.startsWith('runs/')).length / keys;
}

/**
 * The share of a limit that was used from the first call to the last.
 * @param at arrival of each call, epoch milliseconds, in order.
 */
export function shareOfLimit(at: readonly number[], perSecond: number): number {
  const [first, last] = [at[0], at.at(-1)];
  if (first === undefined || last === undefined || last <= first) throw new Error('A pace needs two calls.');
  // n calls are n − 1 intervals.
  return (at.length - 1) / ((last - first) / 1000) / perSecond;
}

/** Backup calls beyond one per key, per key. */
export function wasteOf(requests: readonly RequestRecord[], keys: number): number {
  return requests.filter(({ operation }) => operation === 'backupKey').length / keys - 1;
}

export function throttledCount(requests: readonly RequestRecord[]): number {
  return requests.filter(({ status }) => status === 429).length;
}

/** Calls in each whole second since the first. */
export function perSecondCounts(at: readonly number[]): number[] {
  const counts: number[] = [];
  const first = at[0] ?? 0;
  for (const instant of at) {
    const second = Math.floor((instant - first) / 1000);
    while (counts.length <= second) counts.push(0);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}
