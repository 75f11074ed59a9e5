import { expect, test } from 'vitest';
import { storedBlobOf } from '../../src/store/stored-blob.ts';

const createdOn = new Date('2026-11-24T02:00:05Z');
const blob = (properties: object) => ({ name: 'x', properties: { contentLength: 6, createdOn, ...properties } });

test('a blob is known by what the service says of it, whichever call said so', () => {
  const lastModified = new Date('2026-11-25T00:00:00Z');
  const contentMD5 = Buffer.from('8b1a9953c4611296a827abf8c47804d7', 'hex');
  const listed = storedBlobOf(blob({ etag: '0x8D1', lastModified, contentMD5, blobType: 'AppendBlob' }));
  expect(listed).toEqual({
    name: 'x',
    length: 6,
    createdAt: createdOn,
    lastModified,
    etag: '0x8D1',
    contentMd5: 'ixqZU8RhEpaoJ6v4xHgE1w==',
    type: 'append',
    metadata: {},
  });
  expect(storedBlobOf(blob({ etag: '"0x8D1"', lastModified, contentMD5, blobType: 'AppendBlob' }))).toEqual(listed);
});

test.each([
  ['a pending copy', { copyStatus: 'pending' }, { copyStatus: 'pending' }],
  [
    'the way back from the archive',
    { accessTier: 'Archive', archiveStatus: 'rehydrate-pending-to-hot' },
    { tier: 'Archive', archiveStatus: 'rehydrate-pending-to-hot' },
  ],
  ["a customer's key, in a listing", { customerProvidedKeySha256: 'abc=' }, { customerProvidedKey: true }],
  ["a customer's key, in a HEAD", { encryptionKeySha256: 'abc=' }, { customerProvidedKey: true }],
  ['a page blob', { blobType: 'PageBlob' }, { type: 'page' }],
])('%s is reported', (_, properties, told) => {
  expect(storedBlobOf(blob(properties))).toMatchObject(told);
});

test('without a time of creation the last change is taken, without either the answer is refused', () => {
  const lastModified = new Date('2026-11-25T00:00:00Z');
  expect(storedBlobOf(blob({ createdOn: undefined, lastModified })).createdAt).toEqual(lastModified);
  expect(() => storedBlobOf(blob({ createdOn: undefined }))).toThrow(
    expect.objectContaining({ kind: 'invalidAnswer' }),
  );
});
