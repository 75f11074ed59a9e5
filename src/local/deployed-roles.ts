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

/** The person who enqueues, checks, and on the worst day restores. Cannot overwrite or delete what is escrowed. */
export const operatorDataActions: readonly string[] = [
  `${vaultKeys}/read`,
  `${vaultKeys}/create/action`,
  `${vaultKeys}/restore/action`,
  `${vaultKeys}/delete`,
  `${vaultKeys}/recover/action`,
  `${vaultKeys}/purge/action`,
  `${hsmKeys}/read/action`,
  `${hsmKeys}/create`,
  `${hsmKeys}/restore/action`,
  `${hsmKeys}/delete`,
  `${hsmKeys}/deletedKeys/read/action`,
  `${hsmKeys}/deletedKeys/recover/action`,
  `${hsmKeys}/deletedKeys/delete`,
  `${blobs}/read`,
  `${blobs}/add/action`,
  `${queues}/read`,
  `${messages}/read`,
  `${messages}/add/action`,
];

/** What a deployment does before the application exists: the container and the queues. */
export const infrastructureDataActions: readonly string[] = [
  `${containers}/read`,
  `${containers}/write`,
  `${queues}/read`,
  `${queues}/write`,
];
