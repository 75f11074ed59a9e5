import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

/**
 * Makes `dist/main.cjs`, the bundle that is deployed; `dist/package/`, the folder that is: host.json, package.json and the
 * bundle, no node_modules; and `dist/cli.cjs`, the command line in one file, which is not deployed. CommonJS because it loads fastest in the worker; `@azure/functions-core` is the worker's own.
 */
const shared = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
} as const;

await rm('dist', { recursive: true, force: true });
await mkdir('dist/package', { recursive: true });
const { metafile } = await build({
  ...shared,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.cjs',
  external: ['@azure/functions-core'],
});
await writeFile('dist/main.meta.json', JSON.stringify(metafile));
await copyFile('dist/main.cjs', 'dist/package/main.cjs');
await copyFile('host.json', 'dist/package/host.json');
const deployed = { name: 'keyvault-escrow', version: process.env.npm_package_version ?? '0.0.0', main: 'main.cjs' };
await writeFile('dist/package/package.json', `${JSON.stringify(deployed, null, 2)}\n`);

await build({
  ...shared,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/cli.cjs',
  banner: { js: '#!/usr/bin/env node' },
});
await chmod('dist/cli.cjs', 0o755);
