import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { appBundleOptions } from '../../scripts/bundle-options.ts';

/** A program in one file, alone in a folder of its own. */
export interface BundledProgram extends AsyncDisposable {
  readonly file: string;
  readonly folder: string;
}

/** Bundles a program as the product is bundled: what is measured or tried out is made as what is deployed. */
export async function bundleProgram(entryPoint: URL): Promise<BundledProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-program-'));
  const file = join(folder, 'main.cjs');
  await build({ ...appBundleOptions, entryPoints: [fileURLToPath(entryPoint)], outfile: file });
  return { file, folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
