import { realpath, stat, writeFile } from 'node:fs/promises';
import { UsageFault } from '../../app/usage-fault.ts';
import { replaceFile, writeFlushed } from '../../app/write-file.ts';
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
    const bytes = Buffer.from(content);
    const existing = await stat(file).catch(() => undefined);
    if (existing !== undefined && !existing.isFile()) await writeFile(file, bytes);
    else if (existing === undefined) await writeFlushed(file, bytes, mode);
    else if (!force && !io.isTTY.stdin) {
      throw new UsageFault(`the file ${file} exists`, 'Choose another name, or pass --force.');
    } else if (!(await confirm(io, `Replace ${file}?`, force))) return false;
    else await replaceFile(await realpath(file), bytes, mode);
    return true;
  } catch (cause) {
    if (cause instanceof UsageFault) throw cause;
    const { message } = cause as Error;
    throw new EscrowFault('cannotWrite', `Cannot write ${file}: ${message}`, 'Choose another file.', { cause });
  }
}
