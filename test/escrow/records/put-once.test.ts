import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { OutOfTime } from '../../../src/escrow/model/service-error.ts';
import type { EscrowStore } from '../../../src/escrow/ports/escrow-store.ts';
import { putOnce, sha256Of } from '../../../src/escrow/records/put-once.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { createMemoryStore, storageError } from '../../support/memory-store.ts';

const blob = (text: string, name = 'vaults/contoso-prod/signing/20261124T020000Z.keybackup') => ({
  name,
  bytes: Buffer.from(text),
  contentType: 'application/octet-stream',
  metadata: { runid: text },
});
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

describe('a blob that is put once', () => {
  test('is stored with exactly its bytes and their digest', async () => {
    const store = createMemoryStore();
    expect(await putOnce(store, blob('one'), noLimit)).toEqual({ written: true, sha256: digest('one') });
    const stored = store.blobs.get(blob('one').name);
    expect(stored?.bytes).toEqual(Buffer.from('one'));
    expect(stored?.metadata).toEqual({ runid: 'one', sha256: digest('one') });
    expect(store.looks).toEqual([]);
  });

  test('never replaces another, and says who is there', async () => {
    const store = createMemoryStore();
    await putOnce(store, blob('first'), noLimit);
    const put = await putOnce(store, blob('second'), noLimit);
    expect(put).toMatchObject({ written: false, existing: { metadata: { runid: 'first' } } });
    expect(Buffer.from(store.blobs.get(blob('first').name)?.bytes ?? []).toString()).toBe('first');
  });

  test('counts as written when only the answer was lost', async () => {
    const store = createMemoryStore();
    store.faultOfPut = () => 'lostAnswer';
    expect(await putOnce(store, blob('one'), noLimit)).toEqual({ written: true, sha256: digest('one') });
  });

  test('does not count as written when what is there has our digest but another length', async () => {
    const store = createMemoryStore();
    await store.create({ ...blob('cut'), metadata: { sha256: digest('whole') } }, noLimit);
    expect(await putOnce(store, blob('whole'), noLimit)).toMatchObject({ written: false });
  });

  test.each([
    ['a busy service', storageError({ statusCode: 503, code: 'ServerBusy' })],
    ['bytes that changed on the way', storageError({ statusCode: 400, code: 'Md5Mismatch' })],
    ['time that ran out', new OutOfTime()],
    ['a missing container', storageError({ statusCode: 404, code: 'ContainerNotFound' })],
  ])('fails on %s without asking further', async (_, error) => {
    const store = refusing(error);
    await expect(putOnce(store, blob('one'), noLimit)).rejects.toBe(error);
    expect(store.looks).toEqual([]);
  });
});

test('the SHA-256 is the one that every tool computes', () => {
  expect(sha256Of(new Uint8Array())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

function refusing(error: Error): EscrowStore & { readonly looks: string[] } {
  const store = createMemoryStore();
  return { ...store, looks: store.looks, create: () => Promise.reject(error) };
}
