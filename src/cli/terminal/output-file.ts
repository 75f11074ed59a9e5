import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { UsageFault } from '../../app/usage-fault.ts';
import { EscrowFault } from '../../escrow/model/failure.ts';
import { confirm } from './confirm.ts';
import type { Io } from './io.ts';

export interface OutputFile {
  readonly file: string;
  readonly content: string | Uint8Array;
  /** Of the new file, also where it takes the place of another. */
  readonly mode: number;
  /** Take the place of what is there without a question. */
  readonly force: boolean | undefined;
}

/**
 * Writes a file whole or not at all: what cannot be written to its end is taken away again, and leaves what was there.
 * @returns whether it was written; not when the person did not want what is there to be replaced.
 * @throws UsageFault when a file is there and nobody can be asked.
 */
export async function writeOutputFile(io: Io, { file, content, mode, force }: OutputFile): Promise<boolean> {
  try {
    const existing = await stat(file).catch(() => undefined);
    if (existing !== undefined && !existing.isFile()) await writeFile(file, content);
    else if (existing === undefined) await writeNew(file, content, mode);
    else if (!force && !io.isTTY.stdin) {
      throw new UsageFault(`the file ${file} exists`, 'Choose another name, or pass --force.');
    } else if (!(await confirm(io, `Replace ${file}?`, force))) return false;
    else await replace(await realpath(file), content, mode);
    return true;
  } catch (cause) {
    if (cause instanceof UsageFault) throw cause;
    const { message } = cause as Error;
    throw new EscrowFault('cannotWrite', `Cannot write ${file}: ${message}`, 'Choose another file.', { cause });
  }
}

async function replace(file: string, content: OutputFile['content'], mode: number): Promise<void> {
  const aside = `${file}.${process.pid}.partial`;
  await writeNew(aside, content, mode);
  try {
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

async function writeNew(file: string, content: OutputFile['content'], mode: number): Promise<void> {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true });
    throw error;
  }
}
