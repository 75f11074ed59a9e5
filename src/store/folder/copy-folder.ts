import { join, resolve } from 'node:path';
import { codeOf, makeFolder, replaceFile } from './durable-file.ts';
import { folderError, toFolderError } from './folder-errors.ts';
import type { FolderStore } from './folder-store.ts';
import { createFolderStore } from './folder-store.ts';

/** A folder that records are copied to, and what lies beside them for people without this program. */
export interface CopyFolder {
  readonly store: FolderStore;
  /** Writes a file beside the blobs, in place of an earlier one. @returns its path. */
  writeBeside(file: string, content: string): Promise<string>;
}

/** @param path made where it is not there. @throws ServiceError */
export async function openCopyFolder(path: string, now: () => Date): Promise<CopyFolder> {
  const root = resolve(path);
  await makeStoreFolder(root);
  return {
    store: createFolderStore(root, now),
    async writeBeside(file, content) {
      try {
        await replaceFile(join(root, file), Buffer.from(content));
      } catch (error) {
        throw toFolderError(error, file);
      }
      return join(root, file);
    },
  };
}

/** Makes a folder for its owner only, where it is not there. @throws ServiceError */
export async function makeStoreFolder(root: string): Promise<void> {
  try {
    await makeFolder(root);
  } catch (error) {
    if (codeOf(error) === 'ENOENT')
      throw folderError(`no folder can be made at ${root}`, 'storeAbsent', 'ENOENT', error);
    throw toFolderError(error, root);
  }
}
