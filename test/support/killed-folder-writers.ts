import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createFolderStore } from '../../src/store/folder/folder-store.ts';
import { noLimit } from './escrow-sources.ts';
import { now } from './now.ts';

const storeModule = new URL('../../src/store/folder/folder-store.ts', import.meta.url).href;
const blobBytes = 20_000;

/** A process that writes blobs below `prefix` one after the other, and a line for each that the store acknowledged. */
export function startFolderWriter(root: string, prefix: string): ChildProcess {
  const program = `
    import { createFolderStore } from ${JSON.stringify(storeModule)};
    const store = createFolderStore(process.argv[1], () => new Date());
    const signal = new AbortController().signal;
    for (let at = 0; ; at++) {
      const name = ${JSON.stringify(prefix)} + at + '/x.keybackup';
      const bytes = Buffer.alloc(${blobBytes}, String(at));
      const { outcome } = await store.create({ name, bytes, contentType: 'a/b', metadata: { runid: 'one' } }, signal);
      console.log(outcome + ' ' + name);
    }`;
  return spawn(process.execPath, ['--input-type=module', '--eval', program, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Kills one writer after the other in the middle of its work. @returns the names that the store acknowledged. */
export async function killFolderWriters(root: string, kills: number): Promise<Set<string>> {
  const acknowledged = new Set<string>();
  for (let pass = 0; pass < kills; pass++) {
    const child = startFolderWriter(root, `vaults/contoso-prod/${pass}-`);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    let seen = 0;
    lines.on('line', (line) => {
      acknowledged.add(line.split(' ')[1] ?? '');
      // Another step of the writing at every pass.
      if (++seen === 1 + (pass % 4)) setImmediate(() => child.kill('SIGKILL'));
    });
    await once(child, 'close');
  }
  return acknowledged;
}

/** What is wrong with a folder after that: a blob that was acknowledged and is not there, or one in half; a leftover. */
export async function faultsOfFolder(root: string, acknowledged: ReadonlySet<string>): Promise<string[]> {
  const store = createFolderStore(root, now);
  const faults: string[] = [];
  const listed = new Set<string>();
  for await (const { name, length, contentMd5 } of store.list('', noLimit)) {
    listed.add(name);
    const bytes = await store.read(name, noLimit);
    const isWhole = bytes.length === blobBytes && length === blobBytes;
    if (!isWhole || createHash('md5').update(bytes).digest('base64') !== contentMd5)
      faults.push(`${name} is there in half`);
  }
  for (const name of acknowledged) if (!listed.has(name)) faults.push(`${name} was acknowledged and is not there`);
  await store.create({ name: 'named/after', bytes: Buffer.from('x'), contentType: 'a/b', metadata: {} }, noLimit);
  await store.release();
  for (const file of await readdir(join(root, '.keyvault-escrow'))) faults.push(`${file} was left behind`);
  return faults;
}
