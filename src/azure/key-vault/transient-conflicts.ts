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
export function keyChangeOf(method: string, url: string): KeyChange | undefined {
  const [, collection, keyName, action] = new URL(url).pathname.split('/');
  if (keyName === undefined) return undefined;
  switch (`${method} ${collection}${action ? `/${action}` : ''}`) {
    case 'POST keys/backup':
      return { operation: 'backUp', keyName };
    case 'DELETE keys':
      return { operation: 'delete', keyName };
    case 'DELETE deletedkeys':
      return { operation: 'purge', keyName };
    case 'POST deletedkeys/recover':
      return { operation: 'recover', keyName };
    default:
      return undefined;
  }
}

/** `ObjectIsDeletedButRecoverable` stays as it is until somebody recovers or purges the key. */
export function isTransientConflict({ statusCode, innerCode }: ServiceError): boolean {
  return statusCode === 409 && innerCode !== 'ObjectIsDeletedButRecoverable';
}
