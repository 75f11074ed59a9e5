import type { ServiceError } from '../model/service-error.ts';
import type { SourceKey } from '../model/source-key.ts';
import type { KeySource } from './key-source.ts';

/** A key that is soft-deleted: its name stays taken until it is recovered or purged. */
export interface DeletedKey {
  readonly name: string;
  /** The id of its newest version; undefined in a listing. */
  readonly version: string | undefined;
  /** Of its newest version. */
  readonly createdAt: Date | undefined;
  readonly deletedAt: Date | undefined;
  readonly purgeAt: Date | undefined;
}

export interface KeyInside {
  readonly name: string;
  /** The id of its newest version, or of the key that has the name: the service does not say which. */
  readonly version: string | undefined;
}

/** What the service answers to a restore that it could open. */
export type RestoreAnswer =
  /** `version`: the id of its newest version. */
  | { readonly answer: 'restored'; readonly key: SourceKey; readonly version: string }
  /** The name of the key inside is taken: by a key, a deleted key, or one whose purge still goes on. */
  | { readonly answer: 'conflict'; readonly inside: KeyInside | undefined; readonly refusal: ServiceError };

/**
 * What a person does to a vault or Managed HSM with their own identity: the app never may. The same promises as
 * `KeySource`: one pace with all other work on the source, the one retry, `ServiceError`s, no other host.
 */
export interface KeyOperator {
  /** The same source, for reading. */
  readonly keys: KeySource;
  /** @returns undefined when there is no such active key; every other refusal is thrown. */
  findKey(name: string, deadline: AbortSignal): Promise<SourceKey | undefined>;
  /** @returns undefined when no key of that name is soft-deleted. */
  findDeletedKey(name: string, deadline: AbortSignal): Promise<DeletedKey | undefined>;
  listDeletedKeys(deadline: AbortSignal): AsyncIterable<DeletedKey>;
  /** Creates the key, with all its versions, under the name that it was backed up with. The service never overwrites. */
  restoreKey(backup: Uint8Array, deadline: AbortSignal): Promise<RestoreAnswer>;
  /** Resolves when the key can be read again. */
  recoverKey(name: string, deadline: AbortSignal): Promise<void>;
  /** Soft-deletes; resolves when the deleted key can be seen. */
  deleteKey(name: string, deadline: AbortSignal): Promise<void>;
  /** Destroys a soft-deleted key for good; resolves when it is gone. The service may refuse: purge protection. */
  purgeKey(name: string, deadline: AbortSignal): Promise<void>;
}
