import { fileURLToPath } from 'node:url';
import type { TokenCredential } from '@azure/identity';
import type { Clock } from '../azure/http/clock.ts';
import type { EscrowStore } from '../escrow/ports/escrow-store.ts';
import { createBlobContainerStore } from './blob-container.ts';
import { makeStoreFolder } from './folder/copy-folder.ts';
import { createFolderStore, type FolderStore } from './folder/folder-store.ts';

/** Makes the folder that a URL names where it is not there. A container is made by the infrastructure. @throws ServiceError */
export async function prepareStore(url: string): Promise<void> {
  if (url.startsWith('file:')) await makeStoreFolder(fileURLToPath(url));
}

/**
 * The store that a URL names; one line here for each kind.
 * @param mayBeMissing a folder that is not there yet counts as empty.
 */
export function openEscrowStore(
  url: string,
  credential: TokenCredential,
  clock: Clock,
  mayBeMissing: boolean,
): EscrowStore | FolderStore {
  return url.startsWith('file:')
    ? createFolderStore(fileURLToPath(url), () => new Date(clock.now()), { mayBeMissing })
    : createBlobContainerStore(url, credential, clock);
}
