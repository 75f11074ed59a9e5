import { type LocalIdentity, localTenantId } from '../identity/identities.ts';
import { type Answer, errorAnswer } from './answer.ts';
import { type KeyVaultOperation, operations } from './data-actions.ts';
import type { SourceState } from './source-state.ts';

// The words are the service's, from the recordings and the issue threads; where none was found, they say so.

/** `ForbiddenByPolicy` is said of a missing access-policy permission too (azurerm#10271, #10112). */
export type ForbiddenKind =
  | 'AccessDenied'
  | 'ForbiddenByPolicy'
  | 'ForbiddenByRbac'
  | 'ForbiddenByFirewall'
  | 'ForbiddenByConnection';

/** Where every source of the local Azure stands. */
export const location = 'westeurope';

export function keyNotFound(source: SourceState, name: string): Answer {
  const place = source.kind === 'vault' ? 'key vault' : 'managed HSM'; // an HSM's 404 was found in no recording
  return errorAnswer(
    404,
    'KeyNotFound',
    `A key with (name/id) ${name} was not found in this ${place}. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  );
}

export function deletedKeyNotFound(name: string): Answer {
  return errorAnswer(404, 'KeyNotFound', `Deleted Key not found: ${name}`);
}

export function badParameter(message: string): Answer {
  return errorAnswer(400, 'BadParameter', message);
}

export function nameIsDeleted(name: string): Answer {
  return errorAnswer(
    409,
    'Conflict',
    `Key ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.`,
    'ObjectIsDeletedButRecoverable',
  );
}

/**
 * What the service says while another operation on the key goes on. Deletion and recovery in the words of public reports of
 * secrets (azurerm#10454, #12285), with the noun of keys; a backup's were found in no report.
 */
export function operationInProgress(operation: KeyVaultOperation, name: string): Answer {
  const [message, innerCode] =
    operation === 'deleteKey'
      ? [`Key ${name} is currently being recovered; retry later.`, 'ObjectIsBeingRecovered']
      : operation === 'backupKey'
        ? [`There was a conflict with another operation on the key ${name}.`, undefined]
        : [`Key ${name} is currently being deleted.`, 'ObjectIsBeingDeleted'];
  return errorAnswer(409, 'Conflict', message, innerCode);
}

export function restoreConflict(kid: string): Answer {
  return errorAnswer(
    409,
    'Conflict',
    `There was a conflict restoring the key '${kid}'. This can happen if either: a second key with the same name was created after the first key was deleted; thus trying to restore a key whose name is already in use. To fix this, rename the second key to something else so that the restore works. The second probable cause of this exception is when multiple operations are performed in parallel against the key. To avoid this error, perform operations against a key in a sequential manner.`,
  );
}

export function certificateBacked(operation: string): Answer {
  return errorAnswer(
    403,
    'Forbidden',
    `Operation "${operation}" is not allowed on this Key, since it is associated with a certificate. Perform the operation on the corresponding certificate. For more information refer to https://docs.microsoft.com/en-us/azure/key-vault/certificates/about-certificates#composition-of-a-certificate`,
  );
}

/** What a standard vault says to an HSM-protected key (azure-sdk-for-net#6551). */
export const premiumRequired = badParameter('Hardware key operation not allowed on standard vault.');

/** What a vault says to garbage and to a damaged backup. */
export const malformedVaultBackup = errorAnswer(
  400,
  'Malformed backup blob',
  'Backup blob contains invalid or corrupt version.',
);

/** What a vault says to a backup of another subscription or geography. */
export const undecryptableVaultBackup = badParameter('Cannot decrypt backup blob.');

/** What a Managed HSM says to garbage, to a damaged backup and to one of another security domain alike. */
export const malformedHsmBackup = errorAnswer(
  400,
  'MalformedBackupBlob',
  'The backup blob is malformed or belongs to a different crypto domain',
);

/** Exactly as dumped in full in a public thread: the service sends no Retry-After. */
export const throttled = errorAnswer(
  429,
  'Throttled',
  'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached',
);

export function notCarriedOut(method: string, path: string): Answer {
  return errorAnswer(501, 'NotImplemented', `The local stand-in does not carry out ${method} ${path}.`);
}

export interface RefusedCall {
  readonly source: SourceState;
  readonly operation: KeyVaultOperation;
  readonly dataAction: string;
  readonly keyName: string | undefined;
  readonly identity: LocalIdentity | undefined;
}

/** A 403 in the words of its kind. A Managed HSM has its own form, whatever refused it. */
export function forbidden(kind: ForbiddenKind, call: RefusedCall): Answer {
  const { source, identity } = call;
  const caller = `appid=${identity?.clientId ?? 'unknown'};oid=${identity?.objectId ?? 'unknown'};iss=https://sts.windows.net/${localTenantId}/`;
  const place = `${source.name};location=${location}`;
  if (source.kind === 'managedHsm') {
    const scope = call.keyName === undefined ? '/keys' : `/keys/${call.keyName}`;
    if (kind === 'AccessDenied' || kind === 'ForbiddenByPolicy' || kind === 'ForbiddenByRbac') {
      return errorAnswer(403, 'AccessDenied', `Not authorized to access ${call.dataAction} on ${scope}`);
    }
    return errorAnswer(403, 'Forbidden', `Client address is not authorized to access ${source.host}`, kind);
  }
  const permission = call.operation === 'other' ? 'get' : operations[call.operation].policy;
  const lacking = `The user, group or application '${caller}' does not have keys ${permission} permission on key vault '${place}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`;
  const resource = `/subscriptions/${source.subscriptionId}/resourcegroups/escrow-local/providers/microsoft.keyvault/vaults/${source.name}${call.keyName === undefined ? '' : `/keys/${call.keyName}`}`;
  const messages: Readonly<Record<ForbiddenKind, string>> = {
    AccessDenied: lacking,
    ForbiddenByPolicy: lacking,
    ForbiddenByFirewall: `Client address is not authorized and caller is not a trusted service.\r\nClient address: 127.0.0.1\r\nCaller: ${caller}\r\nVault: ${place}`,
    ForbiddenByConnection: `Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\nCaller: ${caller}\r\nVault: ${place}`,
    ForbiddenByRbac: `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: ${caller}\r\nAction: '${call.dataAction}'\r\nResource: '${resource}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: ${place}\r\n`,
  };
  return errorAnswer(403, 'Forbidden', messages[kind], kind);
}
