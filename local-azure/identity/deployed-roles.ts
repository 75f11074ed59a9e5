import { seeStorage } from '../resource-manager/managed-storage.ts';
import { seeSources } from '../resource-manager/resource-manager.ts';
import type { ContainerRoles } from './identities.ts';

/**
 * Who may do what in the local Azure, as Azure data actions. The lists mirror `infra/`: the custom role on each vault, the local
 * role on each Managed HSM, the custom roles on the three containers, and Storage Queue Data Contributor, because the functions
 * host polls its queue under the identity of the app that backs up.
 */
const containers = 'Microsoft.Storage/storageAccounts/blobServices/containers';
const blobs = `${containers}/blobs`;
const queues = 'Microsoft.Storage/storageAccounts/queueServices/queues';
const messages = `${queues}/messages`;

const onVaults = (...rights: string[]): string[] => rights.map((right) => `Microsoft.KeyVault/vaults/keys/${right}`);
const onHsms = (...rights: string[]): string[] => rights.map((right) => `Microsoft.KeyVault/managedHsm/keys/${right}`);

const lookAtKeys = [...onVaults('read'), ...onHsms('read/action')];
const backUpKeys = [...lookAtKeys, ...onVaults('backup/action'), ...onHsms('backup/action')];
const runQueue = [
  `${queues}/read`,
  ...['read', 'write', 'delete', 'add/action', 'process/action'].map((right) => `${messages}/${right}`),
];
/** The role "create records", and the same on the containers of audits and of drills. */
const createBlobs = [`${blobs}/add/action`, `${blobs}/read`];
const readBlobs = [`${blobs}/read`];

/** The containers of one escrow by what they hold; each has one writer. */
export interface EscrowContainers {
  readonly backups: string;
  readonly audits: string;
  readonly drills: string;
}

/** `key-escrow`, `key-escrow-audits`, `key-escrow-drills`. */
export function escrowContainers(backups: string): EscrowContainers {
  return { backups, audits: `${backups}-audits`, drills: `${backups}-drills` };
}

interface AssignedRoles {
  readonly everywhere: readonly string[];
  readonly onContainers: ContainerRoles;
}

/** The roles of those who live in the local Azure. All may read all three containers; none may overwrite, delete or re-tag. */
export function assignedRoles(
  of: EscrowContainers,
): Readonly<Record<'app' | 'audit' | 'bothParts' | 'operator', AssignedRoles>> {
  const { backups, audits, drills } = of;
  const readAll = { [backups]: readBlobs, [audits]: readBlobs, [drills]: readBlobs };
  return {
    /** Lists and backs up keys, creates records, and runs its queue. */
    app: { everywhere: [...backUpKeys, ...runQueue], onContainers: { ...readAll, [backups]: createBlobs } },
    /** Lists keys, reads records, creates audits. Cannot back up. */
    audit: { everywhere: [...lookAtKeys, ...seeStorage], onContainers: { ...readAll, [audits]: createBlobs } },
    /** One app for both parts: whoever steals it can certify what it wrote. */
    bothParts: {
      everywhere: [...backUpKeys, ...runQueue, ...seeStorage],
      onContainers: { ...readAll, [backups]: createBlobs, [audits]: createBlobs },
    },
    /** The person who has all of a person's roles, Reader among them. */
    operator: {
      everywhere: [...withoutBlobs(operatorDataActions), seeSources, ...seeStorage],
      onContainers: { ...readAll, [drills]: createBlobs },
    },
  };
}

/** The role "drill operator" on sources, and the container that such a person adds to. */
export function drillOperatorRoles(containers: EscrowContainers): [everywhere: readonly string[], ContainerRoles] {
  const { onContainers } = assignedRoles(containers).operator;
  return [withoutBlobs(drillOperatorDataActions), onContainers];
}

/** A person's rights on blobs are assigned on single containers. */
function withoutBlobs(actions: Iterable<string>): string[] {
  return [...actions].filter((action) => !action.startsWith(blobs));
}

/** All that the app which backs up may do, wherever that is. */
export const appDataActions: readonly string[] = [...backUpKeys, ...createBlobs, ...runQueue];

/** Looks at keys, records and reports. The role "auditor" of `infra/`, and the same on a Managed HSM. */
export const auditorDataActions: readonly string[] = [...lookAtKeys, ...readBlobs];

/** Brings keys back. The role "restore operator", and the same on a Managed HSM. */
export const restoreOperatorDataActions: readonly string[] = [
  ...lookAtKeys,
  ...onVaults('restore/action', 'recover/action'),
  ...onHsms('restore/action', 'deletedKeys/read/action', 'deletedKeys/recover/action'),
  ...readBlobs,
];

/** Proves backups in a drill vault. The role "drill operator", and the same on a Managed HSM. */
export const drillOperatorDataActions: readonly string[] = [
  ...lookAtKeys,
  ...onVaults('restore/action', 'delete', 'purge/action'),
  ...onHsms('restore/action', 'delete', 'deletedKeys/read/action', 'deletedKeys/delete'),
  ...createBlobs,
];

/** Enqueues (Storage Queue Data Message Sender) and looks at the queues (Storage Queue Data Reader). */
export const requesterDataActions: readonly string[] = [`${queues}/read`, `${messages}/read`, `${messages}/add/action`];

/** The person who has all of a person's roles. Cannot back up, overwrite or delete what is escrowed. */
const operatorDataActions = new Set([
  ...auditorDataActions,
  ...restoreOperatorDataActions,
  ...drillOperatorDataActions,
  ...requesterDataActions,
]);

/** What a deployment does before the application exists: the container and the queues. */
export const infrastructureDataActions: readonly string[] = [
  `${containers}/read`,
  `${containers}/write`,
  `${queues}/read`,
  `${queues}/write`,
];
