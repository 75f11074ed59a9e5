import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { type BlobBytes, hashOf } from '../../escrow/ports/blob-bytes.ts';
import type { NewBlob } from '../../escrow/ports/escrow-store.ts';
import { codeOf, flushFolder, makeFolder, publish, writeFlushed } from './durable-file.ts';
import { fileOf, metaEnding } from './folder-names.ts';

/** `<name>.meta.json`: written last, so that a blob exists from the moment this file does. */
const metaFile = z.strictObject({
  format: z.literal('keyvault-escrow/file/1'),
  createdAt: z.iso.datetime(),
  contentType: z.string(),
  /** Bytes. */
  length: z.int().check(z.nonnegative()),
  /** Base64, of the bytes as they were written. */
  md5: z.string(),
  metadata: z.record(z.string(), z.string()),
});

export type Meta = z.infer<typeof metaFile>;

const maxMetaBytes = 64 * 1024;
// Windows has no such flag, and no symbolic link without a privilege.
const noFollow = constants.O_NOFOLLOW ?? 0;

/** Reads a whole file that is no symbolic link. @throws the system's error, with code `EFBIG` beyond `maxBytes`, unread. */
export async function readPlainFile(path: string, maxBytes = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | noFollow);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw Object.assign(new Error(`${path} has ${size} bytes`), { code: 'EFBIG' });
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/**
 * @returns what was written beside a blob; `absent` when there is no such blob (an empty file is a name that was reserved by a
 * writer that was killed); `damaged` when the file is not what this product writes.
 * @throws the system's error.
 */
export async function readMeta(root: string, name: string): Promise<Meta | 'absent' | 'damaged'> {
  let text: string;
  try {
    text = (await readPlainFile(`${fileOf(root, name)}${metaEnding}`, maxMetaBytes)).toString('utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent';
    if (code === 'EFBIG') return 'damaged';
    throw error;
  }
  if (text === '') return 'absent';
  try {
    return metaFile.parse(JSON.parse(text));
  } catch {
    return 'damaged';
  }
}

type NewFile = NewBlob & { readonly createdAt: Date };

/**
 * Writes a blob's bytes and then what describes it, each flushed before it gets its name. A leftover without description is
 * replaced. The caller has made sure that no other writer is at work on this name, and that no description is there.
 * @param scratch a folder of the same file system for files that are being written.
 * @throws the system's error; nothing is there under the name then.
 */
export async function writeBlobFile(root: string, scratch: string, blob: NewFile): Promise<void> {
  const path = fileOf(root, blob.name);
  const folder = dirname(path);
  await refuseLinks(root, blob.name);
  await makeFolder(folder);
  await publishReplacing(await writeScratch(scratch, blob.bytes), path);
  // The bytes' name is on disk before the description's: a power cut never leaves a description without bytes.
  await flushFolder(folder);
  try {
    await publishReplacing(await writeScratch(scratch, describe(blob)), `${path}${metaEnding}`);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  await flushFolder(folder);
}

/** Deletes a blob: first what makes it one. @throws the system's error. */
export async function removeBlobFile(root: string, name: string): Promise<void> {
  const path = fileOf(root, name);
  await rm(`${path}${metaEnding}`, { force: true });
  await rm(path, { force: true });
  await flushFolder(dirname(path));
}

async function writeScratch(scratch: string, bytes: BlobBytes): Promise<string> {
  const path = join(scratch, `${randomUUID()}.part`);
  await writeFlushed(path, bytes);
  return path;
}

/** The name may be held by a leftover only: there is no description yet. */
async function publishReplacing(from: string, to: string): Promise<void> {
  try {
    await rm(to, { force: true });
  } catch (error) {
    await rm(from, { force: true });
    throw error;
  }
  await publish(from, to);
}

function describe({ bytes, contentType, createdAt, metadata }: NewFile): Uint8Array {
  const meta: Meta = {
    format: 'keyvault-escrow/file/1',
    createdAt: createdAt.toISOString(),
    contentType,
    length: bytes.length,
    md5: hashOf('md5', bytes).digest('base64'),
    metadata: { ...metadata },
  };
  return Buffer.from(`${JSON.stringify(meta, null, 2)}\n`);
}

/** A folder on the way that is a symbolic link would lead out of the store. @throws the system's error with code `ELOOP`. */
async function refuseLinks(root: string, name: string): Promise<void> {
  const parts = name.split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = join(root, ...parts.slice(0, depth));
    const stats = await lstat(folder).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (stats === undefined) return;
    if (stats.isSymbolicLink()) throw Object.assign(new Error(`${folder} is a symbolic link`), { code: 'ELOOP' });
  }
}
