import { publicPart } from './key-material.ts';
import { type DeletedStoredKey, recoverableDays, type SourceState } from './source-state.ts';
import { currentVersion, type StoredKey, type StoredVersion } from './stored-key.ts';

type Json = Record<string, unknown>;

/** The key identifier that answers carry; without a version in listings. */
export function keyIdentifier(source: SourceState, name: string, version?: string): string {
  return `${source.url}/keys/${name}${version === undefined ? '' : `/${version}`}`;
}

/** A key bundle: what get, create, import, update, restore and recover answer. */
export function keyBundle(source: SourceState, key: StoredKey, version: StoredVersion, apiVersion: string): Json {
  const jwk = {
    kid: keyIdentifier(source, key.name, version.id),
    kty: version.kty,
    key_ops: version.keyOps,
    ...publicPart(version.kty, version.material.read()),
  };
  return { key: jwk, ...described(source, key, version, apiVersion, true) };
}

/** One entry of a listing of keys: the current version under the key's own identifier. */
export function keyItem(source: SourceState, key: StoredKey, apiVersion: string): Json {
  return { ...versionItem(source, key, currentVersion(key), apiVersion), kid: keyIdentifier(source, key.name) };
}

/** One entry of a listing of versions. */
export function versionItem(source: SourceState, key: StoredKey, version: StoredVersion, apiVersion: string): Json {
  return { kid: keyIdentifier(source, key.name, version.id), ...described(source, key, version, apiVersion, false) };
}

export function deletedBundle(source: SourceState, deleted: DeletedStoredKey, apiVersion: string): Json {
  const bundle = keyBundle(source, deleted.key, currentVersion(deleted.key), apiVersion);
  return { ...deletion(source, deleted), ...bundle };
}

export function deletedItem(source: SourceState, deleted: DeletedStoredKey, apiVersion: string): Json {
  return { ...deletion(source, deleted), ...keyItem(source, deleted.key, apiVersion) };
}

function deletion(source: SourceState, deleted: DeletedStoredKey): Json {
  return {
    recoveryId: `${source.url}/deletedkeys/${deleted.key.name}`,
    deletedDate: deleted.deletedDate,
    scheduledPurgeDate: deleted.scheduledPurgeDate,
  };
}

/** `recoverableDays` came with 7.1, `exportable` with 7.3; a vault's listings have no `exportable`, an HSM's do. */
function described(
  { kind }: SourceState,
  key: StoredKey,
  version: StoredVersion,
  apiVersion: string,
  isBundle: boolean,
): Json {
  const { exportable, ...attributes } = version.attributes;
  const showsExportable = kind === 'managedHsm' || (isBundle && !/^7\.[0-2]$/.test(apiVersion));
  return {
    attributes: {
      ...attributes,
      recoveryLevel: kind === 'vault' ? 'Recoverable+Purgeable' : 'CustomizedRecoverable+Purgeable',
      ...(apiVersion !== '7.0' && { recoverableDays: recoverableDays[kind] }),
      ...(showsExportable && { exportable }),
    },
    ...(version.tags && { tags: version.tags }),
    ...(key.managed && { managed: true }),
  };
}
