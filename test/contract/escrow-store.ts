import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OutOfTime } from '../../src/escrow/model/service-error.ts';
import type { EscrowStore, NewBlob } from '../../src/escrow/ports/escrow-store.ts';
import { noLimit } from '../support/escrow-sources.ts';

/** One implementation of the port, empty at the start. */
export interface StoreUnderTest {
  /** Seen by somebody who may do everything, so that what protects a blob here is the call and not the role. */
  readonly store: EscrowStore;
  /** The same implementation where its container or folder is not there. */
  readonly missing: EscrowStore;
  /** A folder refuses names that not every file system distinguishes, or takes. */
  readonly names?: 'any' | 'portable';
  close(): Promise<void>;
}

/**
 * What `EscrowStore` asks of whoever implements it. A new store is one more file beside this one, which calls this function.
 * Nothing here knows how a store is made: only what every caller may rely on.
 */
export function describeEscrowStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`an escrow store: ${name}`, () => {
    let under: StoreUnderTest;
    let store: EscrowStore;

    beforeAll(async () => {
      under = await open();
      store = under.store;
    });
    afterAll(() => under?.close());

    /** Every test in a folder of its own. */
    const folder = (): string => `named/${randomBytes(6).toString('hex')}/`;
    const blob = (path: string, content: string | Uint8Array, metadata: Record<string, string> = {}): NewBlob => ({
      name: path,
      bytes: Buffer.from(content),
      contentType: 'application/octet-stream',
      metadata,
    });
    const put = async (path: string, content: string, metadata: Record<string, string> = {}): Promise<void> => {
      expect(await store.create(blob(path, content, metadata), noLimit)).toEqual({ outcome: 'created' });
    };
    const textAt = async (path: string): Promise<string> =>
      Buffer.from(await store.read(path, noLimit)).toString('utf8');
    const failing = (kind: string) => expect.objectContaining({ name: 'ServiceError', kind });

    describe('create', () => {
      test('keeps exactly the bytes, of a view into a larger buffer too, and what is said beside them', async () => {
        const path = `${folder()}blob`;
        const bytes = Buffer.from('..backup..').subarray(2, 8);
        const metadata = { runid: 'one', keyid: 'https://contoso-prod.vault.azure.net/keys/Signing' };
        await store.create({ ...blob(path, '', metadata), bytes }, noLimit);
        expect(await textAt(path)).toBe('backup');
        expect((await store.find(path, noLimit))?.metadata).toEqual(metadata);
      });

      test('keeps what comes in pieces as one', async () => {
        const path = `${folder()}pieces`;
        const pieces = Array.from({ length: 40 }, (_, index) => Buffer.alloc(64 * 1024 + index, index));
        const whole = Buffer.concat(pieces);
        const bytes = { length: whole.length, [Symbol.iterator]: () => pieces.values() };
        expect(await store.create({ ...blob(path, ''), bytes }, noLimit)).toEqual({ outcome: 'created' });
        expect(Buffer.from(await store.read(path, noLimit)).equals(whole)).toBe(true);
        const md5 = createHash('md5').update(whole).digest('base64');
        expect(await store.find(path, noLimit)).toMatchObject({ length: whole.length, contentMd5: md5 });
      });

      test('never replaces: it answers what is there', async () => {
        const path = `${folder()}once`;
        await put(path, 'first', { runid: 'one' });
        const existing = await store.find(path, noLimit);
        const again = await store.create(blob(path, 'second', { runid: 'two' }), noLimit);
        expect(again).toEqual({ outcome: 'exists', existing });
        expect(existing?.metadata).toEqual({ runid: 'one' });
        expect(await textAt(path)).toBe('first');
      });

      test('lets one of many win, and the others see it whole', async () => {
        const path = `${folder()}contested`;
        const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(1000 + index));
        const results = await Promise.all(contents.map((content) => store.create(blob(path, content), noLimit)));
        const winners = results.flatMap(({ outcome }, index) => (outcome === 'created' ? [index] : []));
        expect(winners).toHaveLength(1);
        const winner = contents[winners[0] ?? -1];
        expect(await textAt(path)).toBe(winner);
        for (const result of results) {
          if (result.outcome === 'exists') expect(result.existing.length).toBe(winner?.length);
        }
      });

      test.each([
        ['spaces and signs', 'a b+c%20d#e.keybackup'],
        ['letters that are not ASCII', 'schlüssel-鍵.keybackup'],
        ['dots', 'a.b..c.keybackup'],
      ])('takes a name with %s as it is', async (_, file) => {
        const path = `${folder()}${file}`;
        await put(path, 'backup');
        expect(await textAt(path)).toBe('backup');
        expect(await names(store.list(path, noLimit))).toEqual([path]);
      });

      test('keeps names apart that differ in case, or refuses the second', async () => {
        const at = folder();
        await put(`${at}signing`, 'lower');
        const second = store.create(blob(`${at}Signing`, 'upper'), noLimit);
        if (under.names === 'portable') await expect(second).rejects.toEqual(failing('nameRefused'));
        else expect([await second, await textAt(`${at}Signing`)]).toEqual([{ outcome: 'created' }, 'upper']);
        expect(await textAt(`${at}signing`)).toBe('lower');
      });
    });

    describe('replace', () => {
      test('writes over what is there, which has another ETag and MD5 from then on', async () => {
        const path = `${folder()}replaced`;
        await put(path, 'first', { runid: 'one' });
        const before = await store.find(path, noLimit);
        await store.replace(blob(path, 'second!', { runid: 'two' }), noLimit);
        const after = await store.find(path, noLimit);
        expect(await textAt(path)).toBe('second!');
        expect(after).toMatchObject({ length: 7, metadata: { runid: 'two' } });
        expect(after?.etag).not.toBe(before?.etag);
        expect(after?.contentMd5).not.toBe(before?.contentMd5);
      });

      test('creates what is not there', async () => {
        const path = `${folder()}new`;
        await store.replace(blob(path, 'first'), noLimit);
        expect(await textAt(path)).toBe('first');
      });
    });

    describe('remove', () => {
      test('deletes, and says that there is nothing to delete', async () => {
        const path = `${folder()}removed`;
        await put(path, 'gone soon');
        await store.remove(path, noLimit);
        expect(await store.find(path, noLimit)).toBeUndefined();
        await expect(store.remove(path, noLimit)).rejects.toEqual(failing('absent'));
      });
    });

    describe('read and find', () => {
      test('of a blob that is not there: absent', async () => {
        const path = `${folder()}nothing`;
        expect(await store.find(path, noLimit)).toBeUndefined();
        await expect(store.read(path, noLimit)).rejects.toEqual(failing('absent'));
      });

      test('show an empty blob as what it is', async () => {
        const path = `${folder()}empty`;
        await put(path, '');
        expect((await store.find(path, noLimit))?.length).toBe(0);
        expect(await store.read(path, noLimit)).toHaveLength(0);
      });

      test('leave a blob unread that is larger than it may be, and say so', async () => {
        const path = `${folder()}large`;
        await put(path, 'x'.repeat(1000));
        expect(await store.read(path, noLimit, 1000)).toHaveLength(1000);
        await expect(store.read(path, noLimit, 999)).rejects.toEqual(failing('tooLarge'));
      });

      test('say what the store itself knows: length, MD5, times, type; nothing is archived or a copy', async () => {
        const path = `${folder()}facts`;
        await put(path, 'backup');
        const seen = await store.find(path, noLimit);
        expect(seen).toMatchObject({ name: path, length: 6, type: 'block' });
        expect(seen?.contentMd5).toBe(createHash('md5').update('backup').digest('base64'));
        expect(seen?.lastModified).toEqual(seen?.createdAt);
        expect(seen?.createdAt.getTime()).toBeGreaterThan(0);
        expect(seen?.etag).toMatch(/^[^"]+$/);
        expect([seen?.archiveStatus, seen?.copyStatus, seen?.customerProvidedKey]).toEqual(Array(3).fill(undefined));
      });
    });

    describe('list', () => {
      test('gives the blobs below a prefix, in the order of their names, as looking at each shows them', async () => {
        const at = folder();
        const portable = ['b/1', 'a', 'a-b', 'a0', 'ab/c', 'c'];
        const files = under.names === 'portable' ? portable : [...portable, 'B', 'a/b'];
        for (const file of files) await put(at + file, file, { runid: file.replace('/', '-') });
        const listed = await Array.fromAsync(store.list(at, noLimit, { metadata: true }));
        expect(listed.map(({ name: path }) => path)).toEqual(inOrder(files.map((file) => at + file)));
        for (const entry of listed) expect(entry).toEqual(await store.find(entry.name, noLimit));
        expect(await names(store.list(`${at}a`, noLimit))).toEqual(
          inOrder(files.filter((file) => file.startsWith('a')).map((file) => at + file)),
        );
      });

      test('begins at a name, there or not, and may begin behind the last', async () => {
        const at = folder();
        for (const file of ['a', 'b', 'd']) await put(at + file, file, { runid: file });
        const from = async (startFrom: string): Promise<string[]> =>
          names(store.list(at, noLimit, { startFrom, metadata: true }));
        expect(await from(`${at}b`)).toEqual([`${at}b`, `${at}d`]);
        expect(await from(`${at}c`)).toEqual([`${at}d`]);
        expect(await from(`${at}e`)).toEqual([]);
      });

      test('of a prefix that nothing has is empty', async () => {
        expect(await Array.fromAsync(store.list(folder(), noLimit))).toEqual([]);
      });
    });

    describe('folders', () => {
      test('are the next level below a prefix, each once, in order', async () => {
        const at = folder();
        for (const file of ['y/1', 'x/1', 'x/2/3', 'beside']) await put(at + file, file);
        expect(await Array.fromAsync(store.listFolders(at, noLimit))).toEqual([`${at}x/`, `${at}y/`]);
        expect(await Array.fromAsync(store.listFolders(`${at}beside/`, noLimit))).toEqual([]);
      });
    });

    const calls: readonly (readonly [string, (on: EscrowStore, deadline: AbortSignal) => Promise<unknown>])[] = [
      ['create', (on, deadline) => on.create(blob('named/x', 'x'), deadline)],
      ['replace', (on, deadline) => on.replace(blob('named/x', 'x'), deadline)],
      ['remove', (on, deadline) => on.remove('named/x', deadline)],
      ['find', (on, deadline) => on.find('named/x', deadline)],
      ['read', (on, deadline) => on.read('named/x', deadline)],
      ['list', (on, deadline) => Array.fromAsync(on.list('named/', deadline))],
      ['listFolders', (on, deadline) => Array.fromAsync(on.listFolders('named/', deadline))],
    ];

    test.each(calls)('%s does nothing more once the time is over', async (_, call) => {
      await expect(call(store, AbortSignal.abort())).rejects.toBeInstanceOf(OutOfTime);
      expect(await store.find('named/x', noLimit)).toBeUndefined();
    });

    test.each(calls)('%s never takes a store that is not there for an empty one', async (_, call) => {
      await expect(call(under.missing, noLimit)).rejects.toEqual(failing('storeAbsent'));
    });
  });
}

/** As the services sort: by code, not by language. */
function inOrder(paths: readonly string[]): string[] {
  return [...paths].sort((left, right) => (left < right ? -1 : 1));
}

const names = (listing: AsyncIterable<{ readonly name: string }>): Promise<string[]> =>
  Array.fromAsync(listing, ({ name }) => name);
