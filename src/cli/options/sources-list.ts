import { readFile } from 'node:fs/promises';
import { readSourcesFile, type SourceEntry } from '../../app/discover/sources-file.ts';
import { UsageFault } from '../../app/usage-fault.ts';
import { replaceFile } from '../../app/write-file.ts';

/** The list that infra/main.bicepparam loads, seen from the folder of the repository. */
export const sourcesList = 'infra/sources.json';

/** @returns nothing where there is no such file. @throws UsageFault for one that cannot be used. */
export async function readSourcesList(file: string): Promise<SourceEntry[]> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '[]';
    throw new UsageFault(`${file} cannot be read: ${cause.message}`, 'Name another file.', { cause });
  });
  const { entries, faults } = readSourcesFile(text, file);
  if (faults.length === 0) return entries;
  const list = faults.map((fault) => `- ${fault}`).join('\n');
  throw new UsageFault(`${file} cannot be used:\n${list}\n`, 'Mend it, or move it away.');
}

export async function writeSourcesList(file: string, entries: readonly SourceEntry[]): Promise<void> {
  await replaceFile(file, Buffer.from(`${JSON.stringify(entries, null, 2)}\n`), 0o666);
}
