import type { Need } from './failure-kind.ts';
import type { ServiceError } from './service-error.ts';
import type { SourceId } from './source.ts';

/**
 * What was being done to a source, and what it takes there: the data action after `Microsoft.KeyVault/vaults/keys/` or
 * `Microsoft.KeyVault/managedHsm/keys/`, or the permission in a vault's access policies.
 */
const operations = {
  list: { doing: 'list the keys of', vault: 'read', managedHsm: 'read/action', policy: 'list' },
  read: { doing: 'read', vault: 'read', managedHsm: 'read/action', policy: 'get' },
  backUp: { doing: 'back up', vault: 'backup/action', managedHsm: 'backup/action', policy: 'backup' },
  restore: { doing: 'restore', vault: 'restore/action', managedHsm: 'restore/action', policy: 'restore' },
  recover: { doing: 'recover', vault: 'recover/action', managedHsm: 'deletedKeys/recover/action', policy: 'recover' },
  listDeleted: {
    doing: 'list the deleted keys of',
    vault: 'read',
    managedHsm: 'deletedKeys/read/action',
    policy: 'list',
  },
  delete: { doing: 'delete', vault: 'delete', managedHsm: 'delete', policy: 'delete' },
  purge: { doing: 'purge', vault: 'purge/action', managedHsm: 'deletedKeys/delete', policy: 'purge' },
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
      ? `Grant Microsoft.KeyVault/vaults/keys/${needed.vault}.`
      : `Grant Microsoft.KeyVault/managedHsm/keys/${needed.managedHsm} in the HSM's local RBAC, scope /keys (infra has the script).`;
  return { grant, accessPolicy: needed.policy, isBackup: operation === 'backUp' };
}
