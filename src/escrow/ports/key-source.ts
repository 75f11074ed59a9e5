import type { SourceId } from '../model/source.ts';
import type { KeyVersion, PublicKey, SourceKey } from '../model/source-key.ts';

export interface KeyBackup {
  /** Decoded; all versions; never empty. */
  readonly bytes: Uint8Array;
  /** When the service answered, by its own clock, whole seconds; undefined where it does not say. */
  readonly takenAt: Date | undefined;
}

/**
 * One vault or Managed HSM, seen by somebody who may list and back up. Every implementation:
 * - sends every call through one pace shared by the whole process, and retries it while that can help;
 * - after `deadline` aborts, no further attempt starts and the call rejects with `OutOfTime`; an attempt under way ends first;
 * - every other rejection is a `ServiceError` that keeps the service's status, code and request id;
 * - sends nothing to any other host than the source's own.
 */
export interface KeySource {
  readonly source: SourceId;
  /** Every key once per listing position, page by page as they arrive; duplicates are the caller's to drop. */
  listKeys(deadline: AbortSignal): AsyncIterable<SourceKey>;
  getKey(name: string, deadline: AbortSignal): Promise<SourceKey>;
  /** Every version, the current one too, in no promised order. Costs one call per 25 versions. Permission: keys/read, as for all reads. */
  listVersions(name: string, deadline: AbortSignal): AsyncIterable<KeyVersion>;
  /** @param version absent: the current one. */
  getPublicKey(name: string, version: string | undefined, deadline: AbortSignal): Promise<PublicKey>;
  backUpKey(name: string, deadline: AbortSignal): Promise<KeyBackup>;
  /** How often the service has answered 429 to this process, ever. */
  throttled(): number;
}
