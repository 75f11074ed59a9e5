import { createHash } from 'node:crypto';
import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OutOfTime } from '../../escrow/model/service-error.ts';
import type { CreateResult, EscrowStore, ListOptions, NewBlob, StoredBlob } from '../../escrow/ports/escrow-store.ts';
import { type Meta, readMeta, readPlainFile, removeBlobFile, writeBlobFile } from './blob-file.ts';
import { codeOf, makeFolder } from './durable-file.ts';
import { folderError, toFolderError } from './folder-errors.ts';
import { faultOfFileName, fileOf, metaEnding, workFolder } from './folder-names.ts';
import { lockFolder } from './writer-lock.ts';

/** An escrow store that is a folder of files. One process at a time writes to it, any number read. */
export interface FolderStore extends EscrowStore {
  /** `create` with a time of creation that another store vouched for: what a copy keeps. */
  createCopy(blob: NewBlob, createdAt: Date, deadline: AbortSignal): Promise<CreateResult>;
  /** Gives the folder back to other writers; the end of the process does so too. */
  release(): Promise<void>;
}

/**
 * A folder as an escrow store: `<name>` holds the bytes, `<name>.meta.json` the rest. A file's own times say nothing here.
 * @param now gives new blobs their time of creation.
 * @param options.mayBeMissing a folder that is not there is empty, and made at the first write; otherwise every call says
 *   `storeAbsent`, because a mistyped path must not pass for an escrow without records.
 */
export function createFolderStore(
  root: string,
  now: () => Date,
  options: { readonly mayBeMissing?: boolean } = {},
): FolderStore {
  const scratch = join(root, workFolder);
  const writing = new Map<string, Promise<unknown>>();
  const siblings = new Map<string, ReturnType<typeof namesIn>>();
  let lock: Promise<() => void> | undefined;

  /** Every call passes here: what the system refuses comes out in the port's words. */
  const call = async <T>(name: string, deadline: AbortSignal, work: () => Promise<T>): Promise<T> => {
    if (deadline.aborted) throw new OutOfTime();
    const isFolder = await stat(root).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder && !options.mayBeMissing) throw folderError(`there is no folder ${root}`, 'storeAbsent', 'ENOENT');
    try {
      return await work();
    } catch (error) {
      throw toFolderError(error, name);
    }
  };

  const becomeWriter = async (): Promise<void> => {
    lock ??= (async () => {
      await makeFolder(scratch);
      const release = await lockFolder(scratch);
      for (const file of await readdir(scratch)) {
        if (file.endsWith('.part')) await rm(join(scratch, file), { force: true });
      }
      return release;
    })();
    try {
      await lock;
    } catch (error) {
      lock = undefined;
      throw error;
    }
  };

  /** Refuses what a folder cannot hold beside what is there. Names in a folder, by their lower-case form, are read once. */
  const refuseName = async (name: string): Promise<void> => {
    const fault = faultOfFileName(name);
    if (fault !== undefined) throw folderError(`a folder cannot hold "${name}": ${fault}`, 'nameRefused', 'FileName');
    const parts = name.split('/');
    for (const [depth, part] of parts.entries()) {
      const folder = join(root, ...parts.slice(0, depth));
      const known = siblings.get(folder) ?? namesIn(folder);
      siblings.set(folder, known);
      const names = await known;
      const isFolder = depth < parts.length - 1;
      const sibling = names.get(part.toLowerCase());
      const reason = sibling && faultBeside(sibling, { name: part, isFolder });
      if (reason !== undefined)
        throw folderError(`a folder cannot hold "${name}": ${reason}`, 'nameRefused', 'FileName');
      names.set(part.toLowerCase(), { name: part, isFolder });
    }
  };

  /** One write after the other of the same name; different names side by side. */
  const write = <T>(blob: NewBlob, deadline: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const turn = (writing.get(blob.name) ?? Promise.resolve()).then(() =>
      call(blob.name, deadline, async () => {
        await becomeWriter();
        await refuseName(blob.name);
        return work();
      }),
    );
    const settled = turn.catch(() => undefined);
    writing.set(blob.name, settled);
    settled.then(() => writing.get(blob.name) === settled && writing.delete(blob.name));
    return turn;
  };

  const find = async (name: string): Promise<StoredBlob | undefined> => {
    if (faultOfFileName(name) !== undefined) return undefined;
    const meta = await readMeta(root, name);
    if (meta === 'absent') return undefined;
    const { size } = await lstat(fileOf(root, name)).catch(absentAs({ size: 0 }));
    return storedBlobOf(name, meta, size);
  };

  const create = (blob: NewBlob, createdAt: () => Date, deadline: AbortSignal): Promise<CreateResult> =>
    write(blob, deadline, async () => {
      const existing = await find(blob.name);
      if (existing !== undefined) return { outcome: 'exists', existing };
      await writeBlobFile(root, scratch, { ...blob, createdAt: createdAt() });
      return { outcome: 'created' };
    });

  /** The blobs at and below a folder, in the order of their names: a folder sorts as its name with a slash. */
  async function* walk(folder: string, prefix: string, from: string): AsyncGenerator<StoredBlob> {
    for (const entry of await entriesOf(root, folder)) {
      const path = folder + entry;
      if (!entry.endsWith('/')) {
        if (!path.startsWith(prefix) || path < from) continue;
        const blob = await find(path);
        if (blob !== undefined) yield blob;
      } else if (reaches(path, prefix) && (path >= from || from.startsWith(path))) yield* walk(path, prefix, from);
    }
  }

  async function* throughCalls<T>(name: string, deadline: AbortSignal, items: AsyncIterator<T>): AsyncGenerator<T> {
    for (;;) {
      const next = await call(name, deadline, () => items.next());
      if (next.done) return;
      yield next.value;
    }
  }

  return {
    url: pathToFileURL(root).href,
    create: (blob, deadline) => create(blob, now, deadline),
    createCopy: (blob, createdAt, deadline) => create(blob, () => createdAt, deadline),
    replace: (blob, deadline) =>
      write(blob, deadline, async () => {
        await removeBlobFile(root, blob.name).catch(absentAs(undefined));
        await writeBlobFile(root, scratch, { ...blob, createdAt: now() });
      }),
    remove: (name, deadline) =>
      call(name, deadline, async () => {
        await becomeWriter();
        if ((await find(name)) === undefined) throw absent(root, name);
        await removeBlobFile(root, name);
      }),
    find: (name, deadline) => call(name, deadline, () => find(name)),
    read: (name, deadline, maxBytes) =>
      call(name, deadline, async () => {
        if ((await find(name)) === undefined) throw absent(root, name);
        return readPlainFile(fileOf(root, name), maxBytes);
      }),
    list(prefix, deadline, options: ListOptions = {}) {
      const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      return throughCalls(prefix, deadline, walk(folder, prefix, options.startFrom ?? ''));
    },
    async *listFolders(prefix, deadline) {
      const entries = await call(prefix, deadline, () => entriesOf(root, prefix));
      yield* entries.filter((entry) => entry.endsWith('/')).map((entry) => prefix + entry);
    },
    async release() {
      const held = lock;
      lock = undefined;
      (await held?.catch(() => undefined))?.();
    },
  };
}

/** Whether names below a folder can begin with a prefix. */
function reaches(folder: string, prefix: string): boolean {
  return folder.startsWith(prefix) || prefix.startsWith(folder);
}

/** Blobs and folders (these with a slash at the end) of one folder, in the order of names. Links are no part of a store. */
async function entriesOf(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, ...folder.split('/')), { withFileTypes: true }).catch(absentAs([]));
  return entries
    .flatMap((entry) => {
      if (folder === '' && entry.name === workFolder) return [];
      if (entry.isDirectory()) return [`${entry.name}/`];
      return entry.isFile() && entry.name.endsWith(metaEnding) ? [entry.name.slice(0, -metaEnding.length)] : [];
    })
    .sort();
}

interface Named {
  readonly name: string;
  /** Undefined for a link, which is refused where it is met. */
  readonly isFolder: boolean | undefined;
}

async function namesIn(folder: string): Promise<Map<string, Named>> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(absentAs([]));
  return new Map(
    entries.map((entry) => [entry.name.toLowerCase(), { name: entry.name, isFolder: entry.isDirectory() }]),
  );
}

function faultBeside(existing: Named, wanted: Named): string | undefined {
  if (existing.name !== wanted.name)
    return `"${existing.name}" is there, and not every file system distinguishes the two`;
  if (existing.isFolder === undefined || existing.isFolder === wanted.isFolder) return undefined;
  return existing.isFolder
    ? `"${existing.name}" is a folder there`
    : `"${existing.name}" is a file there, not a folder`;
}

/** What is not there is `value`; any other error goes on. */
function absentAs<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return value;
    throw error;
  };
}

function absent(root: string, name: string): Error {
  return folderError(`there is no file ${fileOf(root, name)} with its description`, 'absent', 'ENOENT');
}

/** A damaged description leaves a blob that nothing vouches for: no time, no metadata. */
function storedBlobOf(name: string, meta: Meta | 'damaged', size: number): StoredBlob {
  const known = meta === 'damaged' ? undefined : meta;
  const createdAt = new Date(known?.createdAt ?? 0);
  const etag = createHash('sha256')
    .update(JSON.stringify([meta, size]))
    .digest('hex')
    .slice(0, 32);
  return {
    name,
    length: size,
    createdAt,
    lastModified: createdAt,
    etag,
    type: 'block',
    metadata: known?.metadata ?? {},
    ...(known && { contentMd5: known.md5 }),
  };
}
