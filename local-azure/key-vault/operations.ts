import { type Answer, errorAnswer } from './answer.ts';
import { refusedApiVersion } from './api-versions.ts';
import { readBackupContent, writeBackupContent } from './backup-content.ts';
import { openBackup, sealBackup } from './backup-envelope.ts';
import { createKey, importKey, updateKey } from './key-changes.ts';
import { page } from './pages.ts';
import type { Call } from './route.ts';
import {
  badParameter,
  certificateBacked,
  deletedKeyNotFound,
  keyNotFound,
  malformedHsmBackup,
  malformedVaultBackup,
  notCarriedOut,
  operationInProgress,
  premiumRequired,
  restoreConflict,
  undecryptableVaultBackup,
} from './service-errors.ts';
import {
  inListingOrder,
  isBusy,
  listedKeys,
  listingMarker,
  noteChange,
  putKey,
  type SourceState,
  softDelete,
} from './source-state.ts';
import { currentVersion, type StoredKey } from './stored-key.ts';
import { deletedBundle, deletedItem, keyBundle, keyIdentifier, keyItem, versionItem } from './wire-form.ts';

/** A key of more versions than this times out when it is backed up (a documented limit). */
const maxVersions = 500;

/** Carries out one authorized call. `'neverAnswers'`: the service works on it for longer than any client waits. */
export async function perform(source: SourceState, call: Call): Promise<Answer | 'neverAnswers'> {
  if (call.operation === 'other') return notCarriedOut(call.method, call.path);
  const refused = refusedApiVersion(call.apiVersion);
  if (refused !== undefined) return refused;
  if (call.operation === 'listKeys') return listKeys(source, call);
  if (call.operation === 'listDeletedKeys') return listDeletedKeys(source, call);
  if (call.operation === 'restoreKey') return restoreKey(source, call);
  const name = call.keyName ?? '';
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) {
    return badParameter(`The request URI contains an invalid name: ${name}`);
  }
  if (isBusy(source, name, call.operation)) return operationInProgress(call.operation, name);
  if (call.operation === 'createKey') return createKey(source, name, call);
  if (call.operation === 'importKey') return importKey(source, name, call);
  if (call.operation === 'getDeletedKey') return getDeletedKey(source, name, call);
  if (call.operation === 'recoverKey') return recoverKey(source, name, call);
  if (call.operation === 'purgeKey') return purgeKey(source, name);
  const key = source.keys.get(name.toLowerCase());
  // Of a key that is not there (a deleted one is not) the services list no versions, with 200: azure-sdk-for-net#16444.
  if (call.operation === 'listVersions') {
    return listVersions(source, key ?? { name, managed: false, versions: [], sequence: 0 }, call);
  }
  if (key === undefined) return keyNotFound(source, name);
  if (call.operation === 'backupKey') return backupKey(source, key);
  if (call.operation === 'deleteKey') {
    if (key.managed) return certificateBacked('delete');
    const deleted = softDelete(source, key);
    noteChange(source, name);
    return { status: 200, body: deletedBundle(source, deleted, call.apiVersion) };
  }
  const version = call.version === undefined ? currentVersion(key) : key.versions.find(({ id }) => id === call.version);
  if (version === undefined) return keyNotFound(source, `${name}/${call.version}`);
  if (call.operation === 'updateKey') return updateKey(source, key, version, call);
  return { status: 200, body: keyBundle(source, key, version, call.apiVersion) };
}

function listKeys(source: SourceState, call: Call): Answer {
  return page({
    source,
    path: '/keys',
    call,
    items: listedKeys(source),
    marker: (key) => listingMarker(source, key),
    render: (key) => keyItem(source, key, call.apiVersion),
  });
}

function listVersions(source: SourceState, key: StoredKey, call: Call): Answer {
  // A vault lists versions by their ids, a Managed HSM in order of creation.
  const numbered = key.versions.map((version, index) => ({
    version,
    marker: source.kind === 'vault' ? version.id : String(index).padStart(6, '0'),
  }));
  return page({
    source,
    path: `/keys/${key.name}/versions`,
    call,
    items: numbered.sort((a, b) => (a.marker < b.marker ? -1 : 1)),
    marker: ({ marker }) => marker,
    render: ({ version }) => versionItem(source, key, version, call.apiVersion),
  });
}

function listDeletedKeys(source: SourceState, call: Call): Answer {
  return page({
    source,
    path: '/deletedkeys',
    call,
    items: inListingOrder(source, [...source.deleted.values()], ({ key }) => key),
    marker: ({ key }) => listingMarker(source, key),
    render: (deleted) => deletedItem(source, deleted, call.apiVersion),
  });
}

async function backupKey(source: SourceState, key: StoredKey): Promise<Answer | 'neverAnswers'> {
  if (key.managed) return certificateBacked('backup');
  if (key.versions.length > maxVersions) return 'neverAnswers';
  const backup = await sealBackup(source.kind, source.realm, writeBackupContent(source.kind, key));
  return { status: 200, body: { value: backup.toString('base64url') } };
}

async function restoreKey(source: SourceState, call: Call): Promise<Answer> {
  const value = (call.body as { value?: unknown } | undefined)?.value;
  if (typeof value !== 'string' || value === '') return badParameter('Property "value" is required');
  const opened = await openBackup(source.kind, source.realm, Buffer.from(value, 'base64url'));
  if ('failure' in opened) {
    if (source.kind === 'managedHsm') return malformedHsmBackup;
    return opened.failure === 'otherRealm' ? undecryptableVaultBackup : malformedVaultBackup;
  }
  const key = readBackupContent(opened.plaintext);
  if (source.isStandard && key.versions.some(({ kty }) => kty.endsWith('-HSM'))) return premiumRequired;
  const lowered = key.name.toLowerCase();
  const current = currentVersion(key);
  if (source.keys.has(lowered) || source.deleted.has(lowered) || isBusy(source, lowered, 'restoreKey')) {
    return restoreConflict(keyIdentifier(source, key.name, current.id));
  }
  // Recorded: a key restored to a Managed HSM is reported as exportable from then on.
  if (source.kind === 'managedHsm') for (const version of key.versions) version.attributes.exportable = true;
  putKey(source, key);
  noteChange(source, lowered);
  return { status: 200, body: keyBundle(source, key, current, call.apiVersion) };
}

function getDeletedKey(source: SourceState, name: string, call: Call): Answer {
  const deleted = source.deleted.get(name.toLowerCase());
  if (deleted === undefined) return deletedKeyNotFound(name);
  if (deleted.hiddenReads > 0) {
    deleted.hiddenReads -= 1;
    return deletedKeyNotFound(name);
  }
  return { status: 200, body: deletedBundle(source, deleted, call.apiVersion) };
}

function recoverKey(source: SourceState, name: string, call: Call): Answer {
  const deleted = source.deleted.get(name.toLowerCase());
  if (deleted === undefined) return deletedKeyNotFound(name);
  if (source.keys.has(name.toLowerCase())) return errorAnswer(409, 'Conflict', `Key ${name} already exists.`);
  source.deleted.delete(name.toLowerCase());
  putKey(source, deleted.key);
  noteChange(source, name);
  return { status: 200, body: keyBundle(source, deleted.key, currentVersion(deleted.key), call.apiVersion) };
}

function purgeKey(source: SourceState, name: string): Answer {
  if (!source.deleted.delete(name.toLowerCase())) return deletedKeyNotFound(name);
  noteChange(source, name);
  return { status: 204 };
}
