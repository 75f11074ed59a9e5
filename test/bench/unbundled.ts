import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

/**
 * The code of an entry point without bundling: what a compiler leaves of every file that it imports, types gone, and
 * nothing else done, with its packages in `node_modules`. It lies inside the project, so that it finds the same packages.
 */
export async function buildUnbundled(entryPoint: string) {
  const root = process.cwd();
  const { metafile } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const inputs = Object.keys(metafile.inputs);
  const files = inputs.filter((file) => file.endsWith('.ts'));
  const folder = join(root, '.local', `unbundled-${process.pid}-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  const built = await build({
    entryPoints: files,
    outdir: folder,
    outbase: root,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    write: false,
    logLevel: 'error',
  });
  for (const { path, text } of built.outputFiles) await writeTo(path, withJsImports(text));
  for (const file of inputs.filter((input) => !files.includes(input)))
    await writeTo(join(folder, file), await readFile(file));
  const entry = join(folder, relative(root, entryPoint).replace(/\.ts$/, '.js'));
  return { entry, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

async function writeTo(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** `from './x.ts'` becomes `from './x.js'`, as a compiler rewrites it. */
export function withJsImports(code: string): string {
  return code.replace(/(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}\/[^"']+)\.ts\2/g, '$1$2$3.js$2');
}
