import { fileURLToPath } from 'node:url';
import type { TokenCredential } from '@azure/identity';
import type { Clock } from '../azure/http/clock.ts';
import type { EscrowStore } from '../escrow/ports/escrow-store.ts';
import { createBlobContainerStore } from './blob-container.ts';
import { makeStoreFolder } from './folder/copy-folder.ts';
import { createFolderStore, type FolderStore } from './folder/folder-store.ts';

export interface OpenStore {
  /** `https:` of a container or `file:` of a folder. Asked at the first use: whoever does without the store needs no setting. */
  readonly url: () => string;
  readonly credential: TokenCredential;
  readonly clock: Clock;
  /** A folder that is not there yet counts as empty. A container is made by the infrastructure. */
  readonly mayBeMissing?: boolean;
}

/** Makes the folder that a URL names where it is not there. A container is made by the infrastructure. @throws ServiceError */
export async function prepareStore(url: string): Promise<void> {
  if (url.startsWith('file:')) await makeStoreFolder(fileURLToPath(url));
}

export interface ReleasableStore extends EscrowStore {
  /** Lets other processes write to a folder; the end of the process does so too. */
  release(): Promise<void>;
}

/** The store that a URL names; one line here for each kind. */
export function openEscrowStore({ url, credential, clock, mayBeMissing = false }: OpenStore): ReleasableStore {
  let opened: EscrowStore | FolderStore | undefined;
  const store = (): EscrowStore => {
    if (opened !== undefined) return opened;
    const text = url();
    opened = text.startsWith('file:')
      ? createFolderStore(fileURLToPath(text), () => new Date(clock.now()), { mayBeMissing })
      : createBlobContainerStore(text, credential, clock);
    return opened;
  };
  return {
    get url() {
      return store().url;
    },
    create: (...args) => store().create(...args),
    replace: (...args) => store().replace(...args),
    remove: (...args) => store().remove(...args),
    find: (...args) => store().find(...args),
    read: (...args) => store().read(...args),
    // Every argument goes on as it came, so the overloads hold.
    list: ((...args: Parameters<EscrowStore['list']>) => store().list(...args)) as EscrowStore['list'],
    listFolders: (...args) => store().listFolders(...args),
    release: async () => (opened && 'release' in opened ? opened.release() : undefined),
  };
}
