/** The two kinds of source, as in the settings. */
export type LocalSourceKind = 'vault' | 'managedHsm';

/** What a request asks of the service; `other` is everything that the stand-in does not carry out. */
export type KeyVaultOperation =
  | 'listKeys'
  | 'getKey'
  | 'listVersions'
  | 'createKey'
  | 'importKey'
  | 'updateKey'
  | 'backupKey'
  | 'restoreKey'
  | 'deleteKey'
  | 'getDeletedKey'
  | 'listDeletedKeys'
  | 'recoverKey'
  | 'purgeKey'
  | 'other';

type DataActions = Readonly<Record<Exclude<KeyVaultOperation, 'other'>, string>>;

/** Azure RBAC data actions of a vault (resource provider operations of Microsoft.KeyVault). */
export const vaultDataActions: DataActions = {
  listKeys: 'Microsoft.KeyVault/vaults/keys/read',
  getKey: 'Microsoft.KeyVault/vaults/keys/read',
  listVersions: 'Microsoft.KeyVault/vaults/keys/read',
  createKey: 'Microsoft.KeyVault/vaults/keys/create/action',
  importKey: 'Microsoft.KeyVault/vaults/keys/import/action',
  updateKey: 'Microsoft.KeyVault/vaults/keys/update/action',
  backupKey: 'Microsoft.KeyVault/vaults/keys/backup/action',
  restoreKey: 'Microsoft.KeyVault/vaults/keys/restore/action',
  deleteKey: 'Microsoft.KeyVault/vaults/keys/delete',
  getDeletedKey: 'Microsoft.KeyVault/vaults/keys/read',
  listDeletedKeys: 'Microsoft.KeyVault/vaults/keys/read',
  recoverKey: 'Microsoft.KeyVault/vaults/keys/recover/action',
  purgeKey: 'Microsoft.KeyVault/vaults/keys/purge/action',
};

/** Local RBAC data actions of a Managed HSM (`KnownDataAction` of the administration SDKs). */
export const managedHsmDataActions: DataActions = {
  listKeys: 'Microsoft.KeyVault/managedHsm/keys/read/action',
  getKey: 'Microsoft.KeyVault/managedHsm/keys/read/action',
  listVersions: 'Microsoft.KeyVault/managedHsm/keys/read/action',
  createKey: 'Microsoft.KeyVault/managedHsm/keys/create',
  importKey: 'Microsoft.KeyVault/managedHsm/keys/import/action',
  updateKey: 'Microsoft.KeyVault/managedHsm/keys/write/action',
  backupKey: 'Microsoft.KeyVault/managedHsm/keys/backup/action',
  restoreKey: 'Microsoft.KeyVault/managedHsm/keys/restore/action',
  deleteKey: 'Microsoft.KeyVault/managedHsm/keys/delete',
  getDeletedKey: 'Microsoft.KeyVault/managedHsm/keys/deletedKeys/read/action',
  listDeletedKeys: 'Microsoft.KeyVault/managedHsm/keys/deletedKeys/read/action',
  recoverKey: 'Microsoft.KeyVault/managedHsm/keys/deletedKeys/recover/action',
  purgeKey: 'Microsoft.KeyVault/managedHsm/keys/deletedKeys/delete',
};

/** The data action that an operation needs on a source of that kind; undefined for `other`. */
export function dataActionOf(kind: LocalSourceKind, operation: KeyVaultOperation): string | undefined {
  if (operation === 'other') return undefined;
  return (kind === 'vault' ? vaultDataActions : managedHsmDataActions)[operation];
}
