import { viewQueue } from '../support/queue-view.ts';
import type { CommandFault, CommandGround } from './named-fault.ts';

const drill = ({ source, target }: CommandGround) =>
  `drill --vault-name ${source.name} --name key-1 --to-vault-name ${target.name} --yes`;
const restore = ({ source, target }: CommandGround) =>
  `restore --vault-name ${source.name} --name key-1 --to-vault-name ${target.name} --yes`;
const waits = 'waits up to five minutes';

/** What goes wrong for those who restore, prove and look. */
export const commandFaults: readonly CommandFault[] = [
  {
    where: 'Key Vault',
    name: '409 of every change in a drill, a few times',
    does: waits,
    command: drill,
    arrange: ({ target }) => target.setOperationLag(2),
    exitCode: 0,
    says: /Waiting 1 s to delete key "key-1" .*Waiting 1 s to purge key "key-1"/s,
  },
  {
    where: 'Key Vault',
    name: '409 of a drill’s delete, for ever',
    does: 'gives up after five minutes, names what is left',
    command: drill,
    arrange: ({ disturbTarget }) => disturbTarget({ operation: 'deleteKey', effect: { kind: 'conflict' } }),
    exitCode: 3,
    says: /Stopped: Cannot delete key "key-1" in vault ".*Left behind: key "key-1" in vault "/s,
    inTarget: ['key-1'],
  },
  {
    where: 'Key Vault',
    name: '409 of a recovery, a few times',
    does: waits,
    command: ({ source }) => `restore --vault-name ${source.name} --name key-1 --to-vault-name ${source.name} --yes`,
    arrange({ source, disturb }) {
      source.deleteKey('key-1');
      disturb({ operation: 'recoverKey', times: 3, effect: { kind: 'conflict' } });
    },
    exitCode: 0,
    says: /Waiting 4 s to recover key "key-1"/,
  },
  {
    where: 'Key Vault',
    name: '409 of a restore, a few times',
    does: waits,
    command: restore,
    arrange({ target, disturbTarget }) {
      // The service says of a name that is taken what it says of one that is not free yet.
      const message = `There was a conflict restoring the key '${target.url}/keys/key-1/${'0'.repeat(32)}'.`;
      const effect = { kind: 'status', status: 409, code: 'Conflict', message } as const;
      disturbTarget({ operation: 'restoreKey', times: 3, effect });
    },
    exitCode: 0,
    says: /Waiting 4 s to restore key "key-1"/,
    inTarget: ['key-1'],
  },
  {
    where: 'Key Vault',
    name: '403 ForbiddenByPolicy of a drill’s purge',
    does: 'names the permission "purge" and what is left',
    command: drill,
    arrange: ({ disturbTarget }) =>
      disturbTarget({ operation: 'purgeKey', effect: { kind: 'forbidden', reason: 'ForbiddenByPolicy' } }),
    exitCode: 3,
    says: /Cannot purge key "key-1" .*Grant the key permission "purge" in the vault's access policies\..*Left behind: /s,
    inTarget: ['key-1'],
  },
  {
    where: 'Key Vault',
    name: 'an HSM-protected key restored to a standard vault',
    does: 'asks for a premium vault',
    keyType: 'EC-HSM',
    targetSku: 'standard',
    command: restore,
    arrange: () => undefined,
    exitCode: 1,
    says: /the key is HSM-protected, and this is a standard vault .*Restore it to a premium vault \(az keyvault create --sku premium\)/s,
  },
  {
    where: 'Blob Storage',
    name: 'a record in the archive tier',
    does: 'prints the line that brings the record back',
    command: restore,
    arrange: ({ archive }) => archive('records'),
    exitCode: 1,
    says: /is in the archive tier.*az storage blob set-tier /s,
  },
  {
    where: 'Blob Storage',
    name: 'run reports in the archive tier',
    does: 'restores all the same, says what is not known',
    command: ({ source, target }, receiptFile) =>
      `restore --vault-name ${source.name} --name "*" --to-vault-name ${target.name} --receipt ${receiptFile} --yes`,
    arrange: ({ archive }) => archive('reports'),
    exitCode: 0,
    says: /run reports of vault "[^"]+" cannot be read/,
    inTarget: ['key-1', 'key-2'],
  },
  {
    where: 'Queue Storage',
    name: 'a message that is not base64',
    does: '`doctor` shows it, the app never saw it',
    command: () => 'doctor',
    arrange: ({ azure }) => viewQueue(azure).sendPoison('{"vaultName":"contoso-prod"}'),
    exitCode: 3,
    says: /for example \{"vaultName":"contoso-prod"\} \(not base64\).*the app never saw it/s,
  },
];
