import { percentDecoded } from '../network/percent-decoded.ts';
import type { KeyVaultOperation } from './data-actions.ts';

/** A request line, understood. Names are percent-decoded: the SDK writes `api%2Dversion`. */
export interface Route {
  readonly operation: KeyVaultOperation;
  readonly path: string;
  readonly keyName: string | undefined;
  /** Undefined for the current version (`/keys/<name>` and `/keys/<name>/`). */
  readonly version: string | undefined;
  readonly query: URLSearchParams;
}

/** A request line with what came along. */
export interface Call extends Route {
  readonly method: string;
  /** Empty when the request names none. */
  readonly apiVersion: string;
  /** The parsed JSON body; undefined when there was none or it was not JSON. */
  readonly body: unknown;
}

export function route(method: string, target: string): Route {
  // A target such as `//keys` must not pass for a host.
  const url = new URL(`https://host.invalid${target.startsWith('/') ? '' : '/'}${target}`);
  const path = url.pathname;
  const [collection, name, third, ...rest] = path.split('/').slice(1).map(percentDecoded);
  const operation = rest.length > 0 ? 'other' : operationOf(method, collection, name, third);
  const named = operation !== 'restoreKey' && name !== undefined && name !== '';
  const versioned = (operation === 'getKey' || operation === 'updateKey') && third !== undefined && third !== '';
  return {
    operation,
    path,
    keyName: named ? name : undefined,
    version: versioned ? third : undefined,
    query: url.searchParams,
  };
}

function operationOf(method: string, collection?: string, name = '', third = ''): KeyVaultOperation {
  const shape = `${method} ${collection}${name === '' ? '' : '/name'}`;
  if (shape === 'GET keys') return 'listKeys';
  if (shape === 'GET deletedkeys') return 'listDeletedKeys';
  if (shape === 'POST keys/name') {
    if (name === 'restore' && third === '') return 'restoreKey';
    if (third === 'create') return 'createKey';
    return third === 'backup' ? 'backupKey' : 'other';
  }
  if (shape === 'GET keys/name') return third === 'versions' ? 'listVersions' : readOf(third);
  if (shape === 'PATCH keys/name') return 'updateKey';
  if (shape === 'POST deletedkeys/name') return third === 'recover' ? 'recoverKey' : 'other';
  if (third !== '') return 'other';
  if (shape === 'PUT keys/name') return 'importKey';
  if (shape === 'DELETE keys/name') return 'deleteKey';
  if (shape === 'GET deletedkeys/name') return 'getDeletedKey';
  return shape === 'DELETE deletedkeys/name' ? 'purgeKey' : 'other';
}

function readOf(third: string): KeyVaultOperation {
  return third === 'rotationpolicy' || third === 'attestation' ? 'other' : 'getKey';
}
