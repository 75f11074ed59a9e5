import { OutOfTime, ServiceError } from './service-error.ts';
import type { SourceId } from './source.ts';
import { describeSource } from './source.ts';

/** Why something could not be done, as reports, log lines and errors carry it. The app says it, and the command line to a person. */
export interface Failure {
  /** The service's code (the finer one of a 403), or one of ours: `configuredKeyNotFound`, `outOfTime`, … */
  readonly code: string;
  /** Reason, subject, remedy: a whole sentence for a person. "The caller" is the app, or that person: whoever asked. */
  readonly message: string;
  readonly remedy: string;
  readonly statusCode?: number;
  readonly requestId?: string;
}

/** A failure that this product finds by itself, with its own code and remedy. */
export class EscrowFault extends Error {
  override readonly name = 'EscrowFault';
  readonly code: string;
  readonly remedy: string;
  constructor(code: string, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.remedy = remedy;
  }
}

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
  readRecord: { doing: 'read the record of', vault: '', managedHsm: '', accessPolicy: '' },
  begin: { doing: 'begin the run over', vault: '', managedHsm: '', accessPolicy: '' },
  report: { doing: 'write the run report of', vault: '', managedHsm: '', accessPolicy: '' },
} as const;

export type SourceOperation = keyof typeof operations;

/**
 * Turns whatever stopped an operation on a source into a failure that says reason, subject and remedy.
 * @param keyName absent when the operation is about the whole source.
 */
export function describeFailure(
  error: unknown,
  operation: SourceOperation,
  source: SourceId,
  keyName?: string,
): Failure {
  const subject = keyName === undefined ? describeSource(source) : `key "${keyName}" in ${describeSource(source)}`;
  const attempt = `Cannot ${operations[operation].doing} ${subject}`;
  if (error instanceof OutOfTime) {
    const waited = error.cause instanceof ServiceError ? ` while waiting out: ${reasonOf(error.cause)}` : '';
    const remedy =
      'Another attempt resumes where this one stopped; if it happens every night, raise functionTimeout or maxBackupsPerSecond.';
    return { code: 'outOfTime', message: `${attempt}: ${error.message}${waited}. ${remedy}`, remedy };
  }
  if (error instanceof EscrowFault) {
    return { code: error.code, message: `${attempt}: ${error.message}. ${error.remedy}`, remedy: error.remedy };
  }
  if (error instanceof ServiceError) {
    const remedy = remedyOf(error, operation, source);
    return {
      code: error.innerCode ?? error.code,
      message: `${attempt}: ${reasonOf(error)}. ${remedy}`,
      remedy,
      ...(error.statusCode === undefined ? {} : { statusCode: error.statusCode }),
      ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
    };
  }
  const remedy = 'This is unexpected: please report it with its stack trace.';
  return { code: 'unexpected', message: `${attempt}: ${messageOf(error)}. ${remedy}`, remedy };
}

/** One clause: what the service answered, with its code, status and request id. */
export function reasonOf(error: ServiceError): string {
  const code = error.innerCode ?? error.code;
  const status = error.statusCode === undefined ? '' : `${error.statusCode} `;
  const request = error.requestId === undefined ? '' : `, request ${error.requestId}`;
  const words = error.message.replace(/\s+/g, ' ').replace(/\.+$/, '').trim();
  const plain = plainReasons.get(code) ?? (error.statusCode === 429 ? 'throttled' : undefined);
  return plain === undefined
    ? `${words} (${status}${code}${request})`
    : `${plain} (${status}${code}${request}): ${words}`;
}

// A map, because the code is the service's word: as an object it would know "constructor" too.
const plainReasons: ReadonlyMap<string, string> = new Map([
  ['AccessDenied', 'access denied'],
  ['ForbiddenByRbac', 'access denied'],
  ['ForbiddenByFirewall', 'the firewall of the source refused this address'],
  ['ForbiddenByConnection', 'the source takes private connections only'],
]);

function remedyOf(error: ServiceError, operation: SourceOperation, source: SourceId): string {
  if (error.service === 'identity') {
    return 'An app needs its managed identity (AZURE_CLIENT_ID), a person has to sign in (az login).';
  }
  if (error.service === 'Blob Storage') {
    return storageRemedyOf(error, operation === 'readRecord' ? 'blobs/read' : undefined);
  }
  switch (error.innerCode ?? error.code) {
    case 'ForbiddenByRbac':
      return `Grant ${operations[operation][source.kind]}.`;
    case 'AccessDenied':
      return source.kind === 'managedHsm'
        ? `Grant ${operations[operation].managedHsm} in the HSM's local RBAC, scope /keys (infra has the script).`
        : `Grant the key permission "${operations[operation].accessPolicy}" in the vault's access policies.`;
    case 'ForbiddenByFirewall':
      return "Let the caller's subnet or address through the source's firewall, or connect a private endpoint.";
    case 'ForbiddenByConnection':
      return 'Connect the caller to the source through an approved private endpoint.';
    case 'KeyNotFound':
      return 'If it was deleted by mistake, recover it while it is soft-deleted; then run again.';
    case 'TimedOut':
      return operation === 'backUp'
        ? 'A key with more than 500 versions cannot be backed up in time: replace it by a new key. Any other may be by another attempt.'
        : 'Another attempt may succeed; check the network between the caller and the source.';
    case 'ForeignHost':
      return 'The answer pointed to another host, which never gets our token; check what stands between the app and the source.';
  }
  if (operation === 'purge' && error.statusCode === 403) {
    return 'This source does not let a deleted key be purged (purge protection): it goes at the end of its retention.';
  }
  if (error.statusCode === 409) {
    return 'Another operation on this key went on for minutes: wait until it has ended, then run the same again.';
  }
  if (error.statusCode === undefined) {
    return `Check that ${error.host ?? 'the source'} exists, resolves and can be reached from the caller's network.`;
  }
  if (error.statusCode === 403 && /certificate/.test(error.message)) {
    return 'Back up the certificate instead (az keyvault certificate backup, Backup-AzKeyVaultCertificate).';
  }
  if (error.statusCode === 401) return "Check that the identity belongs to the source's tenant.";
  return 'Another attempt may succeed; if it keeps failing, give the request id to Azure support.';
}

/**
 * What to do about an answer of the escrow's storage account.
 * @param needed the data actions that it takes; those of the app without it.
 */
export function storageRemedyOf(error: ServiceError, needed = 'blobs/add/action and blobs/read'): string {
  switch (error.code) {
    case 'AuthorizationPermissionMismatch':
    case 'AuthorizationFailure':
      return `Grant ${needed} on the escrow container, and let the caller through its firewall.`;
    case 'ContainerNotFound':
      return 'The container of ESCROW_CONTAINER_URL does not exist: deploy infra, or correct the setting.';
  }
  if (error.statusCode === undefined) {
    return `Check that ${error.host ?? 'the storage account'} exists and can be reached from the caller's network.`;
  }
  return 'Another attempt may succeed; if it keeps failing, give the request id to Azure support.';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
