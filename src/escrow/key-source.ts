import type { SourceId } from './source.ts';

/** A key as a listing or a single read shows it; never its material. */
export interface SourceKey {
  readonly name: string;
  /** Key identifier without version, in the service's own casing. */
  readonly id: string;
  readonly enabled: boolean;
  /** When its current version last changed; undefined where the service does not say. */
  readonly updatedAt: Date | undefined;
  readonly createdAt: Date | undefined;
  /** Certificate-backed (`managed: true`): the service refuses to back the key up on its own. */
  readonly certificateBacked: boolean;
}

/** One version of a key, as a listing of versions shows it. */
export interface KeyVersion {
  /** The version's own id: the last segment of its key identifier. */
  readonly version: string;
  readonly enabled: boolean;
  readonly createdAt: Date | undefined;
  readonly updatedAt: Date | undefined;
}

/**
 * The public members of a key version's JSON Web Key, base64url as in RFC 7517: `n`, `e` of an RSA key, `crv`, `x`, `y` of an
 * elliptic one. `kty` is as the service says it (`RSA-HSM` too). A symmetric key has no public part: `kty` alone.
 */
export interface PublicKey {
  readonly kty: string;
  readonly n?: string;
  readonly e?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
}

/**
 * One vault or Managed HSM, seen by somebody who may list and back up. Whoever implements it owes:
 * - every call passes one pace shared by the whole process, and is retried while that can help;
 * - after `outOfTime` aborts, no further attempt starts and the call rejects with `OutOfTime`; an attempt under way ends first;
 * - every other rejection is a `ServiceError` that keeps the service's status, code and request id;
 * - nothing but the source's own host is ever asked.
 */
export interface KeySource {
  readonly source: SourceId;
  /** Every key once per listing position, page by page as they arrive; duplicates are the caller's to drop. */
  listKeys(outOfTime: AbortSignal): AsyncIterable<SourceKey>;
  getKey(name: string, outOfTime: AbortSignal): Promise<SourceKey>;
  /** Every version, the current one too, in no promised order. Costs one call per 25 versions. Permission: keys/read, as for all reads. */
  listVersions(name: string, outOfTime: AbortSignal): AsyncIterable<KeyVersion>;
  /** @param version absent: the current one. */
  getPublicKey(name: string, version: string | undefined, outOfTime: AbortSignal): Promise<PublicKey>;
  /** The decoded backup of all versions; never empty. */
  backUpKey(name: string, outOfTime: AbortSignal): Promise<Uint8Array>;
  /** How often the service has answered 429 to this process, ever. */
  throttled(): number;
}
