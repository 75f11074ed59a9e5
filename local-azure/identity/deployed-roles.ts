/**
 * Who may do what in the local Azure, as Azure data actions. The application's list mirrors `infra/`: the custom role on
 * each vault, the local role on each Managed HSM, the custom role on the escrow container, and Storage Queue Data
 * Contributor, because the functions host polls its queue under the application's identity.
 */
const vaultKeys = 'Microsoft.KeyVault/vaults/keys';
const hsmKeys = 'Microsoft.KeyVault/managedHsm/keys';
const containers = 'Microsoft.Storage/storageAccounts/blobServices/containers';
const blobs = `${containers}/blobs`;
const queues = 'Microsoft.Storage/storageAccounts/queueServices/queues';
const messages = `${queues}/messages`;

/** Lists and backs up keys, creates and reads blobs, and runs its queue. No restore, overwrite, delete or tags. */
export const appDataActions: readonly string[] = [
  `${vaultKeys}/read`,
  `${vaultKeys}/backup/action`,
  `${hsmKeys}/read/action`,
  `${hsmKeys}/backup/action`,
  `${blobs}/add/action`,
  `${blobs}/read`,
  `${queues}/read`,
  `${messages}/read`,
  `${messages}/write`,
  `${messages}/delete`,
  `${messages}/add/action`,
  `${messages}/process/action`,
];

/** Looks at keys, records and reports. The role "auditor" of `infra/`, and the same on a Managed HSM. */
export const auditorDataActions: readonly string[] = [`${vaultKeys}/read`, `${hsmKeys}/read/action`, `${blobs}/read`];

/** Brings keys back. The role "restore operator", and the same on a Managed HSM. */
export const restoreOperatorDataActions: readonly string[] = [
  `${vaultKeys}/read`,
  `${vaultKeys}/restore/action`,
  `${vaultKeys}/recover/action`,
  `${hsmKeys}/read/action`,
  `${hsmKeys}/restore/action`,
  `${hsmKeys}/deletedKeys/read/action`,
  `${hsmKeys}/deletedKeys/recover/action`,
  `${blobs}/read`,
];

/** Proves backups in a drill vault. The role "drill operator", and the same on a Managed HSM. */
export const drillOperatorDataActions: readonly string[] = [
  `${vaultKeys}/read`,
  `${vaultKeys}/restore/action`,
  `${vaultKeys}/delete`,
  `${vaultKeys}/purge/action`,
  `${hsmKeys}/read/action`,
  `${hsmKeys}/restore/action`,
  `${hsmKeys}/delete`,
  `${hsmKeys}/deletedKeys/read/action`,
  `${hsmKeys}/deletedKeys/delete`,
  `${blobs}/add/action`,
  `${blobs}/read`,
];

/** Enqueues (Storage Queue Data Message Sender) and looks at the queues (Storage Queue Data Reader). */
export const requesterDataActions: readonly string[] = [`${queues}/read`, `${messages}/read`, `${messages}/add/action`];

/** The person who has all of a person's roles. Cannot back up, overwrite or delete what is escrowed. */
export const operatorDataActions: readonly string[] = [
  ...new Set([
    ...auditorDataActions,
    ...restoreOperatorDataActions,
    ...drillOperatorDataActions,
    ...requesterDataActions,
  ]),
];

/** What a deployment does before the application exists: the container and the queues. */
export const infrastructureDataActions: readonly string[] = [
  `${containers}/read`,
  `${containers}/write`,
  `${queues}/read`,
  `${queues}/write`,
];
