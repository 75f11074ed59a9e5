import type { ServiceError } from '../../escrow/model/service-error.ts';
import type { ChangingOperation } from '../../escrow/ports/conflict-wait.ts';

/** What a request does to a key; undefined for requests that no other operation on the key stands in the way of. */
export interface KeyChange {
  readonly operation: ChangingOperation;
  readonly keyName: string;
}

/**
 * The operations that a vault refuses with 409 for as long as another one on the same key goes on, which has no promised
 * end: a wait of minutes was reported (azure-powershell#24094, azure-cli#12722, azurerm#10454, azure-sdk-for-cpp#5821). A
 * restore is not among them: its 409 may as well mean that the name is taken, so whoever restores looks before waiting.
 */
const changes: ReadonlyMap<string, ChangingOperation> = new Map([
  ['POST keys/backup', 'backUp'],
  ['DELETE keys', 'delete'],
  ['DELETE deletedkeys', 'purge'],
  ['POST deletedkeys/recover', 'recover'],
]);

/** The change that a request makes, by its method and path. */
export function keyChangeOf(method: string, url: string): KeyChange | undefined {
  const [, collection, keyName, action] = new URL(url).pathname.split('/');
  const operation = changes.get(`${method} ${collection}${action ? `/${action}` : ''}`);
  return operation === undefined || keyName === undefined ? undefined : { operation, keyName };
}

/** `ObjectIsDeletedButRecoverable` stays as it is until somebody recovers or purges the key. */
export function isTransientConflict({ statusCode, innerCode }: ServiceError): boolean {
  return statusCode === 409 && innerCode !== 'ObjectIsDeletedButRecoverable';
}
