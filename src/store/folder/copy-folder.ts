import { join, resolve } from 'node:path';
import { codeOf, makeFolder, replaceFile } from './durable-file.ts';
import { folderError, toFolderError } from './folder-errors.ts';
import { createFolderStore } from './folder-store.ts';

/** Opens a folder that records are copied to. @param path made where it is not there. @throws ServiceError */
export async function openCopyFolder(path: string, now: () => Date) {
  const root = resolve(path);
  await makeStoreFolder(root);
  return {
    store: createFolderStore(root, now),
    /** Writes a file beside the blobs, for people without this program, in place of an earlier one. @returns its path. */
    async writeBeside(file: string, content: string) {
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
