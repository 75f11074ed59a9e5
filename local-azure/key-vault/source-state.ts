import type { KeyVaultOperation, LocalSourceKind } from './data-actions.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { StoredKey } from './stored-key.ts';

export interface DeletedStoredKey {
  readonly key: StoredKey;
  /** Seconds since 1970. */
  readonly deletedDate: number;
  readonly scheduledPurgeDate: number;
  /** Reads that still answer "not found": the service deletes in the background. */
  hiddenReads: number;
}

/** Everything that the stand-in keeps of one vault or Managed HSM. Maps are keyed by the lower-case key name. */
export interface SourceState {
  readonly kind: LocalSourceKind;
  readonly name: string;
  readonly host: string;
  readonly url: string;
  /** What a token for it must be for, e.g. `https://vault.azure.net`. */
  readonly audience: string;
  /** Backups can be restored where this is equal: subscription and geography, or the security domain. */
  readonly realm: string;
  readonly subscriptionId: string;
  /** A vault without HSM-protected keys. */
  readonly isStandard: boolean;
  readonly keys: Map<string, StoredKey>;
  readonly deleted: Map<string, DeletedStoredKey>;
  limiter: RateLimiter;
  readonly now: () => number;
  deletionLag: number;
  /** How many calls meet each change of a key while it still goes on. */
  operationLag: number;
  /** Calls that still meet an operation on a key, by its lower-case name. */
  readonly busy: Map<string, number>;
  nextSequence: number;
  /** Keys in listing order, until the next change; sorting 10,000 keys for each page would cost seconds. */
  listed: readonly StoredKey[] | undefined;
}

export function seconds(source: SourceState): number {
  return Math.floor(source.now() / 1000);
}

export function putKey(source: SourceState, key: StoredKey): void {
  key.sequence = source.nextSequence;
  source.nextSequence += 1;
  source.keys.set(key.name.toLowerCase(), key);
  source.listed = undefined;
}

export const recoverableDays: Readonly<Record<LocalSourceKind, number>> = { vault: 90, managedHsm: 7 };

/** Moves a key among the deleted ones. */
export function softDelete(source: SourceState, key: StoredKey): DeletedStoredKey {
  const deletedDate = seconds(source);
  const deleted = {
    key,
    deletedDate,
    scheduledPurgeDate: deletedDate + recoverableDays[source.kind] * 86_400,
    hiddenReads: source.deletionLag,
  };
  source.keys.delete(key.name.toLowerCase());
  source.deleted.set(key.name.toLowerCase(), deleted);
  source.listed = undefined;
  return deleted;
}

export function listedKeys(source: SourceState): readonly StoredKey[] {
  source.listed ??= inListingOrder(source, [...source.keys.values()], (key) => key);
  return source.listed;
}

/** A vault lists by upper-cased name, a Managed HSM in order of arrival (both as recorded). */
export function inListingOrder<T>(source: SourceState, items: T[], keyOf: (item: T) => StoredKey): T[] {
  return items
    .map((item) => ({ item, marker: listingMarker(source, keyOf(item)) }))
    .sort((a, b) => (a.marker < b.marker ? -1 : 1))
    .map(({ item }) => item);
}

export function listingMarker(source: SourceState, key: StoredKey): string {
  return source.kind === 'vault' ? `key/${key.name.toUpperCase()}` : String(key.sequence).padStart(12, '0');
}

// The service goes on in the background after it has answered; meanwhile it refuses these with 409.
const refusedMeanwhile = new Set<KeyVaultOperation>(['backupKey', 'deleteKey', 'purgeKey', 'recoverKey', 'restoreKey']);

/** A key was changed: the next calls on it meet the operation that still goes on. */
export function noteChange(source: SourceState, name: string): void {
  if (source.operationLag > 0) source.busy.set(name.toLowerCase(), source.operationLag);
}

/** Whether a call meets an operation on its key that still goes on. Each such call brings the end nearer. */
export function isBusy(source: SourceState, name: string, operation: KeyVaultOperation): boolean {
  const left = source.busy.get(name.toLowerCase()) ?? 0;
  if (left === 0 || !refusedMeanwhile.has(operation)) return false;
  source.busy.set(name.toLowerCase(), left - 1);
  return true;
}
