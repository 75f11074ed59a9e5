import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type BlobBytes, piecesOf } from '../../escrow/ports/blob-bytes.ts';

/** Codes of file systems that have no hard links (FAT, exFAT, some network shares). */
const noLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** Writes a new file, by default for its owner only, and flushes it. Nothing is left of it when that fails. */
export async function writeFlushed(path: string, bytes: BlobBytes, mode = 0o600): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    try {
      for (const piece of piecesOf(bytes)) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/**
 * Gives a finished file its name, unless the name is taken: by a hard link, or where there are none by reserving the name
 * and renaming over the reservation. `from` is gone afterwards, whatever happens.
 * @throws the system's error, with code `EEXIST` when the name is taken.
 */
export async function publish(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!noLinks.has(codeOf(error) ?? '')) throw error;
    await (await open(to, 'wx', 0o600)).close();
    await rename(from, to);
  } finally {
    await rm(from, { force: true });
  }
}

/** Makes names in a folder outlive a power cut, where the system can flush folders (Windows cannot). */
export async function flushFolder(folder: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(folder, 'r');
  } catch (error) {
    if (codeOf(error) === 'EISDIR' || codeOf(error) === 'EPERM' || codeOf(error) === 'EACCES') return;
    throw error;
  }
  try {
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'EPERM', 'ENOTSUP', 'EISDIR', 'EBADF'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and those above it, for the owner only, and flushes each folder that holds a new one. Step by step, because Node's own
 * recursion never ends where a file system answers "no such folder" for one that is there, as /proc does.
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const above = dirname(folder);
  if (above !== folder) await makeFolder(above);
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await isFolder(folder))) return;
    throw error;
  }
  await flushFolder(above);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Writes a file whole in place of the one that is there, which stays as it was when that fails. */
export async function replaceFile(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const aside = `${path}.${process.pid}.part`;
  await writeFlushed(aside, bytes, mode);
  try {
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  await flushFolder(dirname(path));
}
