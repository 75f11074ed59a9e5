import { describe, expect, test } from 'vitest';
import { storageCall } from '../../../local-azure/storage/storage-operations.ts';

const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
const messages = 'Microsoft.Storage/storageAccounts/queueServices/queues/messages';

describe('the data actions of storage requests', () => {
  test.each([
    ['PUT', '/escrow/vaults/a/k/r.keybackup', 'putBlob', [`${blobs}/write`, `${blobs}/add/action`]],
    ['PUT', '/escrow/a?comp=block&blockid=AA%3D%3D', 'putBlock', [`${blobs}/write`]],
    ['PUT', '/escrow/a?comp=blocklist', 'putBlockList', [`${blobs}/write`, `${blobs}/add/action`]],
    ['PUT', '/escrow/a?comp=tags', 'setBlobTags', [`${blobs}/tags/write`]],
    ['PUT', '/escrow/a?comp=metadata', 'setBlobMetadata', [`${blobs}/write`]],
    ['GET', '/escrow/a', 'getBlob', [`${blobs}/read`]],
    ['HEAD', '/escrow/a', 'getBlobProperties', [`${blobs}/read`]],
    ['DELETE', '/escrow/a', 'deleteBlob', [`${blobs}/delete`]],
    ['GET', '/escrow?restype=container&comp=list&prefix=runs%2F', 'listBlobs', [`${blobs}/read`]],
  ])('blob: %s %s is %s', (method, target, operation, anyOf) => {
    expect(storageCall('blob', method, target, {})).toMatchObject({ operation, anyOf, containerName: 'escrow' });
  });

  test.each([
    ['POST', '/requests/messages', 'putMessage', [`${messages}/add/action`, `${messages}/write`]],
    ['GET', '/requests/messages?numofmessages=4', 'getMessages', [`${messages}/process/action`]],
    ['GET', '/requests/messages?peekonly=true', 'peekMessages', [`${messages}/read`]],
    ['PUT', '/requests/messages/1?popreceipt=a', 'updateMessage', [`${messages}/write`]],
    [
      'DELETE',
      '/requests/messages/1?popreceipt=a',
      'deleteMessage',
      [`${messages}/process/action`, `${messages}/delete`],
    ],
  ])('queue: %s %s is %s', (method, target, operation, anyOf) => {
    expect(storageCall('queue', method, target, {})).toMatchObject({ operation, anyOf, containerName: 'requests' });
  });

  test('tags on a new blob need the tags action as well, a copy needs what a new blob needs', () => {
    expect(storageCall('blob', 'PUT', '/c/b', { 'x-ms-tags': 'a=b' }).allOf).toEqual([`${blobs}/tags/write`]);
    expect(storageCall('blob', 'PUT', '/c/b', { 'x-ms-copy-source': 'https://a' }).anyOf).toEqual([
      `${blobs}/write`,
      `${blobs}/add/action`,
    ]);
  });

  test('what is not known is allowed to nobody', () => {
    expect(storageCall('blob', 'PUT', '/c/b?comp=new', {})).toMatchObject({
      operation: 'other (PUT blob new)',
      anyOf: [],
    });
  });
});
