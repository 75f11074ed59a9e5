import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf, writeFlushed } from './durable-file.ts';

const host = hostname()
  .replace(/[^0-9A-Za-z-]/g, '-')
  .slice(0, 63);

/** The locks that this process holds; any other with its process id is a leftover of an earlier process. */
const held = new Set<string>();

/** Another process writes to the folder, or one on another machine did and ended without removing its lock. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
  readonly lockFile: string;
  constructor(lockFile: string, writer: Writer) {
    super(`process ${writer.pid} on ${writer.host} is writing to the folder`);
    this.lockFile = lockFile;
  }
}

/**
 * Lets one process at a time write to a folder. Each writer puts a file of its own first and then looks for others: of two
 * that come at once at least one sees the other and leaves. The name says whose it is, so that a writer that is killed
 * leaves nothing half written; locks of processes that ended on this machine are removed.
 * @param locks a folder that exists.
 * @returns a function that gives the folder back; it runs at the process's end too.
 * @throws FolderInUse
 */
export async function lockFolder(locks: string): Promise<() => void> {
  const ownLock = `${process.pid}.${host}.${randomUUID()}.lock`;
  const path = join(locks, ownLock);
  const release = (): void => {
    process.off('exit', release);
    rmSync(path, { force: true });
    held.delete(ownLock);
  };
  held.add(ownLock);
  await writeFlushed(path, Buffer.alloc(0));
  process.once('exit', release);
  try {
    for (const other of await readdir(locks)) {
      const writer = other === ownLock ? undefined : writerOf(other);
      if (writer === undefined) continue;
      if (held.has(other) || !hasEnded(writer)) throw new FolderInUse(join(locks, other), writer);
      await rm(join(locks, other), { force: true });
    }
  } catch (error) {
    release();
    throw error;
  }
  return release;
}

interface Writer {
  readonly pid: number;
  readonly host: string;
}

function writerOf(file: string): Writer | undefined {
  const [, pid, writerHost] = /^(\d+)\.([0-9A-Za-z-]*)\.[0-9a-f-]{36}\.lock$/.exec(file) ?? [];
  return pid === undefined || writerHost === undefined ? undefined : { pid: Number(pid), host: writerHost };
}

function hasEnded(writer: Writer): boolean {
  if (writer.host !== host) return false;
  if (writer.pid === process.pid) return true;
  try {
    process.kill(writer.pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}
