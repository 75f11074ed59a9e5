import type { SourceId } from '../model/source.ts';

/** One version of a key as an audit saw it. No service removes a version from a key, and its public key never changes. */
export interface KnownVersion {
  readonly version: string;
  /** RFC 7638, base64url; absent for a symmetric key, and where the service has not shown the public key yet. */
  readonly thumbprint?: string | undefined;
  /** ISO instant, by the vault's clock. */
  readonly createdAt?: string | undefined;
  /** When an audit first missed it: the key was replaced, or rolled back by a restore of an older record. */
  readonly missingSince?: string | undefined;
}

/** What audits know of one key. */
export interface KnownKey {
  /** In the service's casing. */
  readonly name: string;
  /** ISO instant of the last complete listing of its versions. A version that is older and not among them is a stranger. */
  readonly listedAt: string;
  /** Everything ever witnessed under this name, of a replaced key too. */
  readonly versions: readonly KnownVersion[];
}

/** What audits know of one source. */
export interface KnownSource {
  /** ISO instant of the last complete listing of its keys. A key that is older and not known was never listed. */
  readonly listedAt: string | undefined;
  /** By lower-case key name. Keys whose versions no audit has listed yet are not in it. */
  readonly keys: ReadonlyMap<string, KnownKey>;
}

/** What audits saw, in the container that the backup identity cannot write to: the measure of a key's identity. */
export interface KnownKeys {
  /** @returns undefined for a source that no audit has seen. */
  ofSource(source: SourceId): KnownSource | undefined;
  /** Every source that an audit has seen. */
  readonly sources: readonly SourceId[];
}
