import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NewBlob } from '../../../src/escrow/ports/escrow-store.ts';
import { makeStoreFolder } from '../../../src/store/folder/copy-folder.ts';
import { createFolderStore, type FolderStore } from '../../../src/store/folder/folder-store.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { faultsOfFolder, killFolderWriters, startFolderWriter } from '../../support/killed-folder-writers.ts';
import { smallDisk } from '../../support/mounted-disk.ts';
import { lastNight, now } from '../../support/now.ts';
import { useTestFolder } from '../../support/temporary-folder.ts';

let root: string;
let store: FolderStore;

beforeEach(async () => {
  root = await useTestFolder();
  store = createFolderStore(root, now);
});
afterEach(() => store.release());

function blob(name: string, content = 'backup'): NewBlob {
  return { name, bytes: Buffer.from(content), contentType: 'application/octet-stream', metadata: { runid: 'one' } };
}

const namesIn = () => Array.fromAsync(store.list('', noLimit), ({ name }) => name);

describe('a folder as an escrow store', () => {
  test('holds exactly the bytes under the name, for its owner only, and the rest beside them', async () => {
    await store.create(blob('vaults/contoso-prod/signing/x.keybackup'), noLimit);
    const path = join(root, 'vaults/contoso-prod/signing/x.keybackup');
    expect(await readFile(path, 'utf8')).toBe('backup');
    expect(JSON.parse(await readFile(`${path}.meta.json`, 'utf8'))).toMatchObject({
      format: 'keyvault-escrow/file/1',
      length: 6,
      metadata: { runid: 'one' },
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, 'vaults/contoso-prod'))).mode & 0o777).toBe(0o700);
  });

  test('takes its times from what it wrote, never from the files', async () => {
    const createdAt = lastNight(2000);
    await store.createCopy(blob('named/old'), createdAt, noLimit);
    await chmod(join(root, 'named/old'), 0o600);
    expect((await store.find('named/old', noLimit))?.createdAt).toEqual(createdAt);
  });

  test('has no blob without a description, and replaces what a writer left behind', async () => {
    await mkdir(join(root, 'named'));
    await writeFile(join(root, 'named/left'), 'half');
    expect(await store.find('named/left', noLimit)).toBeUndefined();
    expect(await namesIn()).toEqual([]);
    expect(await store.create(blob('named/left'), noLimit)).toEqual({ outcome: 'created' });
    expect(Buffer.from(await store.read('named/left', noLimit)).toString()).toBe('backup');
  });

  test('shows a blob whose description is damaged as one that nothing vouches for, and never overwrites it', async () => {
    await store.create(blob('named/spoiled'), noLimit);
    await writeFile(join(root, 'named/spoiled.meta.json'), '{"createdAt":');
    const seen = await store.find('named/spoiled', noLimit);
    expect(seen).toMatchObject({ createdAt: new Date(0), metadata: {} });
    expect(await store.create(blob('named/spoiled', 'other'), noLimit)).toMatchObject({ outcome: 'exists' });
  });

  test('shows the length that the bytes really have', async () => {
    await store.create(blob('named/cut'), noLimit);
    await writeFile(join(root, 'named/cut'), 'bac');
    expect((await store.find('named/cut', noLimit))?.length).toBe(3);
  });

  test.each([
    ['a device of Windows', 'vaults/v/con/x.keybackup'],
    ['a device of Windows with an ending', 'named/aux.keybackup'],
    ['a reserved ending', 'named/x.meta.json'],
    ['the folder of its own files', '.keyvault-escrow/x'],
    ['a colon', 'named/a:b'],
    ['a dot last', 'named/a./b'],
    ['a part that leads upwards', 'named/../../x'],
    ['a part that is too long', `named/${'x'.repeat(250)}`],
  ])('refuses %s, with the reason', async (_, name) => {
    await expect(store.create(blob(name), noLimit)).rejects.toMatchObject({
      kind: 'nameRefused',
      message: expect.stringContaining(`a folder cannot hold "${name}": `),
    });
    expect(await namesIn()).toEqual([]);
  });

  test('refuses a blob beside a folder of its name, and a folder beside a blob', async () => {
    await store.create(blob('named/a'), noLimit);
    await store.create(blob('named/b/c'), noLimit);
    const refused = { kind: 'nameRefused' };
    await expect(store.create(blob('named/a/b'), noLimit)).rejects.toMatchObject(refused);
    await expect(store.create(blob('named/b'), noLimit)).rejects.toMatchObject(refused);
    const other = createFolderStore(root, now);
    await store.release();
    await expect(other.create(blob('named/A/b'), noLimit)).rejects.toMatchObject(refused);
    await other.release();
  });

  test('follows no symbolic link, neither to read nor to write', async () => {
    const elsewhere = await useTestFolder();
    await writeFile(join(elsewhere, 'secret'), 'secret');
    await store.create(blob('named/kept'), noLimit);
    await rm(join(root, 'named/kept'));
    await symlink(join(elsewhere, 'secret'), join(root, 'named/kept'));
    await expect(store.read('named/kept', noLimit)).rejects.toMatchObject({ kind: 'symbolicLink' });
    await symlink(elsewhere, join(root, 'vaults'));
    await expect(store.create(blob('vaults/v/k/x.keybackup'), noLimit)).rejects.toMatchObject({
      kind: 'symbolicLink',
    });
    expect(await readdir(elsewhere)).toEqual(['secret']);
  });

  test('is written to by one process at a time, and names the other', async () => {
    const child = startFolderWriter(root, 'named/a');
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    await once(lines, 'line');
    await expect(store.create(blob('named/b'), noLimit)).rejects.toMatchObject({
      kind: 'inUse',
      message: expect.stringContaining(`process ${child.pid} `),
    });
    expect((await store.find('named/a0/x.keybackup', noLimit))?.length).toBe(20_000);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await store.create(blob('named/b'), noLimit)).toEqual({ outcome: 'created' });
  });

  // Each kill is a process of its own; `npm run chaos` kills fifty.
  test('killed again and again in the middle, holds all that it acknowledged, whole, and nothing in half', async () => {
    const acknowledged = await killFolderWriters(root, 8);
    expect(acknowledged.size).toBeGreaterThanOrEqual(8);
    expect(await faultsOfFolder(root, acknowledged)).toEqual([]);
  });

  // There every folder that is made is answered with "no such folder", which Node's own recursion takes for "make the one above".
  test.skipIf(process.platform !== 'linux')(
    'cannot be made where the system takes no folder, and says so',
    async () => {
      await expect(makeStoreFolder('/proc/nowhere/escrow')).rejects.toMatchObject({
        kind: 'storeAbsent',
        message: 'no folder can be made at /proc/nowhere/escrow',
      });
    },
  );

  const disk = smallDisk(64);
  test.skipIf(disk.reason !== undefined)('says that the disk is full, and leaves nothing in half', async () => {
    const small = await disk.mount();
    const full = createFolderStore(small.folder, now);
    try {
      await full.create(blob('named/fits'), noLimit);
      await expect(full.create(blob('named/large', 'x'.repeat(100_000)), noLimit)).rejects.toMatchObject({
        kind: 'storeFull',
        code: 'ENOSPC',
      });
      expect(await full.find('named/large', noLimit)).toBeUndefined();
      expect(await readdir(join(small.folder, 'named'))).toEqual(['fits', 'fits.meta.json']);
    } finally {
      await full.release();
      await small.unmount();
    }
  });
});
