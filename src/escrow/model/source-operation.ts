import type { Need } from './remedy.ts';
import type { ServiceError } from './service-error.ts';
import type { SourceId } from './source.ts';

/** What was being done to a source, and the permissions that it takes there. */
const operations = {
  list: {
    doing: 'list the keys of',
    vault: 'Microsoft.KeyVault/vaults/keys/read',
    managedHsm: 'Microsoft.KeyVault/managedHsm/keys/read/action',
    accessPolicy: 'list',
  },
  read: {
    doing: 'read',
    vault: 'Microsoft.KeyVault/vaults/keys/read',
    managedHsm: 'Microsoft.KeyVault/managedHsm/keys/read/action',
    accessPolicy: 'get',
  },
  backUp: {
    doing: 'back up',
    vault: 'Microsoft.KeyVault/vaults/keys/backup/action',
    managedHsm: 'Microsoft.KeyVault/managedHsm/keys/backup/action',
    accessPolicy: 'backup',
  },
  restore: {
    doing: 'restore',
    vault: 'Microsoft.KeyVault/vaults/keys/restore/action',
    managedHsm: 'Microsoft.KeyVault/managedHsm/keys/restore/action',
    accessPolicy: 'restore',
  },
  recover: {
    doing: 'recover',
    vault: 'Microsoft.KeyVault/vaults/keys/recover/action',
    managedHsm: 'Microsoft.KeyVault/managedHsm/keys/deletedKeys/recover/action',
    accessPolicy: 'recover',
  },
  listDeleted: {
    doing: 'list the deleted keys of',
    vault: 'Microsoft.KeyVault/vaults/keys/read',
    managedHsm: 'Microsoft.KeyVault/managedHsm/keys/deletedKeys/read/action',
    accessPolicy: 'list',
  },
  delete: {
    doing: 'delete',
    vault: 'Microsoft.KeyVault/vaults/keys/delete',
    managedHsm: 'Microsoft.KeyVault/managedHsm/keys/delete',
    accessPolicy: 'delete',
  },
  purge: {
    doing: 'purge',
    vault: 'Microsoft.KeyVault/vaults/keys/purge/action',
    managedHsm: 'Microsoft.KeyVault/managedHsm/keys/deletedKeys/delete',
    accessPolicy: 'purge',
  },
  readRecord: { doing: 'read the record of' },
  begin: { doing: 'begin the run over' },
  report: { doing: 'write the run report of' },
} as const;

export type SourceOperation = keyof typeof operations;

/** As a sentence says it after "Cannot": `back up`, `list the keys of`. */
export function attemptOf(operation: SourceOperation): string {
  return operations[operation].doing;
}

/** What the app needs for an operation, of the service that answered. */
export function needOf(operation: SourceOperation, source: SourceId, { service }: ServiceError): Need {
  const needed = operations[operation];
  if (service === 'Folder') return { grant: 'Let this account read and write in the folder.' };
  if (service === 'Blob Storage' || !('vault' in needed)) {
    const actions = operation === 'readRecord' ? 'blobs/read' : 'blobs/add/action and blobs/read';
    return { grant: `Grant ${actions} on the escrow container.` };
  }
  const grant =
    source.kind === 'vault'
      ? `Grant ${needed.vault}.`
      : `Grant ${needed.managedHsm} in the HSM's local RBAC, scope /keys (infra has the script).`;
  return { grant, accessPolicy: needed.accessPolicy, isBackup: operation === 'backUp' };
}
