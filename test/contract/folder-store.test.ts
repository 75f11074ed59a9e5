import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderStore } from '../../src/store/folder/folder-store.ts';
import { onExFat } from '../support/mounted-disk.ts';
import { now } from '../support/now.ts';
import { describeEscrowStore, type StoreUnderTest } from './escrow-store.ts';

async function openFolder(root: string, close: () => Promise<void>): Promise<StoreUnderTest> {
  const store = createFolderStore(root, now);
  return {
    store,
    missing: createFolderStore(join(root, 'no-such-folder'), now),
    names: 'portable',
    async close() {
      await store.release();
      await close();
    },
  };
}

describeEscrowStore('a folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'keyvault-escrow-folder-'));
  return openFolder(root, () => rm(root, { recursive: true }));
});

// Without hard links, and with names that ignore case: the file system of most sticks.
if (onExFat.reason === undefined) {
  describeEscrowStore('a folder on exFAT', async () => {
    const disk = await onExFat.mount();
    return openFolder(disk.folder, () => disk.unmount());
  });
} else console.warn(`Skipped: ${onExFat.reason}, so the folder store is not tested on exFAT.`);
