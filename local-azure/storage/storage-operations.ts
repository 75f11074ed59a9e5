import type { IncomingHttpHeaders } from 'node:http';
import { percentDecoded } from '../network/percent-decoded.ts';

/** What a storage request asks for, and the data actions that Azure wants for it. */
export interface StorageCall {
  readonly service: 'blob' | 'queue';
  readonly operation: string;
  /** Container or queue. */
  readonly containerName: string | undefined;
  readonly blobName: string | undefined;
  /** One of these is enough. Empty: nobody here may do it. */
  readonly anyOf: readonly string[];
  /** And all of these. */
  readonly allOf: readonly string[];
}

const containers = 'Microsoft.Storage/storageAccounts/blobServices/containers';
const blobs = `${containers}/blobs`;
const superUser = `${blobs}/immutableStorage/runAsSuperUser/action`;
const queues = 'Microsoft.Storage/storageAccounts/queueServices/queues';
const messages = `${queues}/messages`;

type Rule = readonly [operation: string, ...anyOf: string[]];

/*
 * Keys: `METHOD level comp`, after "Permissions for calling data operations":
 * https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-calling-data-operations
 * Put Blob, Put Block List and the copies are the exception: `add/action` is enough for a blob that is not there (see the gate).
 */
const blobRules: Readonly<Record<string, Rule>> = {
  'PUT blob': ['putBlob', `${blobs}/write`, `${blobs}/add/action`],
  'GET blob': ['getBlob', `${blobs}/read`],
  'HEAD blob': ['getBlobProperties', `${blobs}/read`],
  'DELETE blob': ['deleteBlob', `${blobs}/delete`],
  'PUT blob block': ['putBlock', `${blobs}/write`],
  'PUT blob blocklist': ['putBlockList', `${blobs}/write`, `${blobs}/add/action`],
  'GET blob blocklist': ['getBlockList', `${blobs}/read`],
  'PUT blob appendblock': ['appendBlock', `${blobs}/write`, `${blobs}/add/action`],
  'PUT blob page': ['putPage', `${blobs}/write`],
  'PUT blob metadata': ['setBlobMetadata', `${blobs}/write`],
  'GET blob metadata': ['getBlobMetadata', `${blobs}/read`],
  'HEAD blob metadata': ['getBlobMetadata', `${blobs}/read`],
  'PUT blob properties': ['setBlobProperties', `${blobs}/write`],
  'PUT blob lease': ['leaseBlob', `${blobs}/write`],
  'PUT blob snapshot': ['snapshotBlob', `${blobs}/write`, `${blobs}/add/action`],
  'PUT blob tier': ['setBlobTier', `${blobs}/write`],
  'PUT blob undelete': ['undeleteBlob', `${blobs}/write`],
  'PUT blob copy': ['copyBlob', `${blobs}/write`, `${blobs}/add/action`],
  'GET blob pagelist': ['getPageRanges', `${blobs}/read`],
  'POST blob query': ['queryBlob', `${blobs}/read`],
  'PUT blob tags': ['setBlobTags', `${blobs}/tags/write`],
  'GET blob tags': ['getBlobTags', `${blobs}/tags/read`],
  'PUT blob immutabilitypolicies': ['setImmutabilityPolicy', superUser],
  'DELETE blob immutabilitypolicies': ['deleteImmutabilityPolicy', superUser],
  'PUT blob legalhold': ['setLegalHold', superUser],
  'GET container list': ['listBlobs', `${blobs}/read`],
  'GET container blobs': ['findBlobsByTags', `${blobs}/filter/action`],
  'PUT container': ['createContainer', `${containers}/write`],
  'GET container': ['getContainerProperties', `${containers}/read`],
  'HEAD container': ['getContainerProperties', `${containers}/read`],
  'DELETE container': ['deleteContainer', `${containers}/delete`],
  'PUT container metadata': ['setContainerMetadata', `${containers}/write`],
  'GET container metadata': ['getContainerMetadata', `${containers}/read`],
  'PUT container lease': ['leaseContainer', `${containers}/write`],
  'GET service list': ['listContainers', `${containers}/read`],
  'GET service blobs': ['findBlobsByTags', `${blobs}/filter/action`],
};

const queueRules: Readonly<Record<string, Rule>> = {
  'POST messages': ['putMessage', `${messages}/add/action`, `${messages}/write`],
  'GET messages': ['getMessages', `${messages}/process/action`],
  'GET messages peek': ['peekMessages', `${messages}/read`],
  'DELETE messages': ['clearMessages', `${messages}/delete`],
  'PUT message': ['updateMessage', `${messages}/write`],
  'DELETE message': ['deleteMessage', `${messages}/process/action`, `${messages}/delete`],
  'PUT queue': ['createQueue', `${queues}/write`],
  'DELETE queue': ['deleteQueue', `${queues}/delete`],
  'GET queue metadata': ['getQueueMetadata', `${queues}/read`],
  'HEAD queue metadata': ['getQueueMetadata', `${queues}/read`],
  'PUT queue metadata': ['setQueueMetadata', `${queues}/write`],
  'GET service list': ['listQueues', `${queues}/read`],
};

/** Names the call that a request to `<account>.blob.…` or `<account>.queue.…` makes. */
export function storageCall(
  service: 'blob' | 'queue',
  method: string,
  target: string,
  headers: IncomingHttpHeaders,
): StorageCall {
  const { pathname, searchParams } = new URL(target, 'https://storage.local');
  const [containerName, ...rest] = pathname.slice(1).split('/');
  const below = rest.join('/');
  const level = levelOf(service, containerName, below);
  const comp = compOf(searchParams, headers, `${method} ${level}`);
  const key = comp === undefined ? `${method} ${level}` : `${method} ${level} ${comp}`;
  const [operation, ...anyOf] = (service === 'blob' ? blobRules : queueRules)[key] ?? [`other (${key})`];
  return {
    service,
    operation,
    containerName: containerName || undefined,
    blobName: level === 'blob' ? percentDecoded(below) : undefined,
    anyOf,
    allOf: operation === undefined ? [] : moreFor(operation, searchParams, headers),
  };
}

export const makesBlob: readonly string[] = ['putBlob', 'putBlockList', 'copyBlob'];

/** What a header or a parameter wants beyond the operation's own action. */
function moreFor(operation: string, query: URLSearchParams, headers: IncomingHttpHeaders): string[] {
  const actions: string[] = [];
  if (makesBlob.includes(operation)) {
    if (headers['x-ms-tags'] !== undefined) actions.push(`${blobs}/tags/write`);
    const holds = ['x-ms-immutability-policy-until-date', 'x-ms-immutability-policy-mode', 'x-ms-legal-hold'];
    if (holds.some((name) => headers[name] !== undefined)) actions.push(superUser);
  }
  if (operation === 'listBlobs' && query.get('include')?.split(',').includes('tags'))
    actions.push(`${blobs}/tags/read`);
  return actions;
}

function levelOf(service: 'blob' | 'queue', containerName: string | undefined, below: string): string {
  if (!containerName) return 'service';
  if (service === 'blob') return below === '' ? 'container' : 'blob';
  if (below === 'messages') return 'messages';
  return below.startsWith('messages/') ? 'message' : 'queue';
}

function compOf(query: URLSearchParams, headers: IncomingHttpHeaders, place: string): string | undefined {
  const comp = query.get('comp')?.toLowerCase();
  if (comp !== undefined) return comp;
  if (place === 'GET messages' && query.get('peekonly') === 'true') return 'peek';
  return place === 'PUT blob' && headers['x-ms-copy-source'] !== undefined ? 'copy' : undefined;
}
