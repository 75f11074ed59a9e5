import { rmSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the whole run has its temporary files. */
    temporaryFiles: string;
  }
}

/**
 * One folder for the temporary files of the whole run, its processes and theirs. What is left in it at the end, or in the project's
 * own folder, fails the run.
 *
 * The first set-up of every project; the root's own would come after theirs. The project that starts first does it for all.
 */
export default async function setup({ vitest }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const root = vitest.getRootProject();
  if (root.getProvidedContext().temporaryFiles !== undefined) return undefined;
  // A short name: the path of a Unix socket has about a hundred characters.
  const folder = await mkdtemp(join(tmpdir(), 'escrow-'));
  root.provide('temporaryFiles', folder);
  // Also where Ctrl-C or SIGTERM ends the run: vitest exits then without a teardown.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Windows has the other two.
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;
  const before = new Set(await filesIn(vitest.config.root));

  return async () => {
    // A file whose tests are all filtered out is loaded, but none of its hooks runs.
    if (vitest.config.testNamePattern !== undefined) return;
    const left = [
      ...(await readdir(folder)),
      ...(await filesIn(vitest.config.root)).filter((name) => !before.has(name)),
    ];
    if (left.length > 0) throw new Error(`The tests left files behind: ${left.join(', ')}. Each test removes its own.`);
  };
}

/** Of the project's folder, where a command writes that is told no other. Hidden files are those of tools. */
async function filesIn(root: string): Promise<string[]> {
  return (await readdir(root)).filter((name) => !name.startsWith('.'));
}
