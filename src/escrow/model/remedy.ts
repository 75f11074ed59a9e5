import { meanings, type Need, remedies } from './failure-kind.ts';
import type { ServiceError, ServiceName } from './service-error.ts';

const storages: Readonly<Partial<Record<ServiceName, 'blobs' | 'queue' | 'folder'>>> = {
  'Blob Storage': 'blobs',
  'Queue Storage': 'queue',
  Folder: 'folder',
};

/** What to do about an answer; whole sentences. */
export function remedyOf(error: ServiceError, need: Need): string {
  const { kind, host = error.service, service } = error;
  const remedy = remedies[kind];
  const words = typeof remedy === 'string' ? remedy : remedy({ ...need, storage: storages[service] });
  return words.replaceAll('{host}', () => host);
}

/** One clause: what the answer means, and the service's own words with code, status and request id. */
export function reasonOf(error: ServiceError): string {
  const code = error.innerCode ?? error.code;
  const status = error.statusCode === undefined ? '' : `${error.statusCode} `;
  const request = error.requestId === undefined ? '' : `, request ${error.requestId}`;
  const words = error.message.replace(/\s+/g, ' ').replace(/\.+$/, '').trim();
  const meaning = meanings[error.kind];
  return meaning === undefined
    ? `${words} (${status}${code}${request})`
    : `${meaning} (${status}${code}${request}): ${words}`;
}
