/** The two kinds of source, as in the settings. */
export type LocalSourceKind = 'vault' | 'managedHsm';

/**
 * What a request asks of the service, and the right that it takes: the permission of a vault's access policy, the end of a vault's
 * Azure RBAC data action (resource provider operations of Microsoft.KeyVault), and that of a Managed HSM's local RBAC data action
 * (`KnownDataAction` of the administration SDKs).
 */
export const operations = {
  listKeys: { policy: 'list', vault: 'read', managedHsm: 'read/action' },
  getKey: { policy: 'get', vault: 'read', managedHsm: 'read/action' },
  listVersions: { policy: 'list', vault: 'read', managedHsm: 'read/action' },
  createKey: { policy: 'create', vault: 'create/action', managedHsm: 'create' },
  importKey: { policy: 'import', vault: 'import/action', managedHsm: 'import/action' },
  updateKey: { policy: 'update', vault: 'update/action', managedHsm: 'write/action' },
  backupKey: { policy: 'backup', vault: 'backup/action', managedHsm: 'backup/action' },
  restoreKey: { policy: 'restore', vault: 'restore/action', managedHsm: 'restore/action' },
  deleteKey: { policy: 'delete', vault: 'delete', managedHsm: 'delete' },
  getDeletedKey: { policy: 'get', vault: 'read', managedHsm: 'deletedKeys/read/action' },
  listDeletedKeys: { policy: 'list', vault: 'read', managedHsm: 'deletedKeys/read/action' },
  recoverKey: { policy: 'recover', vault: 'recover/action', managedHsm: 'deletedKeys/recover/action' },
  purgeKey: { policy: 'purge', vault: 'purge/action', managedHsm: 'deletedKeys/delete' },
} as const;

type ServedOperation = keyof typeof operations;

/** `other` is everything that the stand-in does not carry out. */
export type KeyVaultOperation = ServedOperation | 'other';

export function dataActionOf(kind: LocalSourceKind, operation: ServedOperation): string {
  return `Microsoft.KeyVault/${kind === 'vault' ? 'vaults' : 'managedHsm'}/keys/${operations[operation][kind]}`;
}
