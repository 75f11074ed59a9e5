import type { BuildOptions } from 'esbuild';

/** How the product is bundled, by scripts/build.ts and by whatever measures or tests a bundle. CommonJS because it loads fastest in the worker. */
const bundleOptions = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  // What storage-blob lists with only when it is asked to; we list as XML, its default. A seventh of the bundle.
  external: ['apache-arrow'],
} satisfies BuildOptions;

/** The first line of a bundle: on an older Node, one clear sentence in place of whatever breaks first. */
function refuseOldNode(how: string): string {
  const words = `'keyvault-escrow needs Node 22.12 or later; this is '+process.version+'.'`;
  return `{const v=process.versions.node.split('.').map(Number);if(v[0]<22||v[0]===22&&v[1]<12)${how.replace('WORDS', words)}}`;
}

/** The command line in one file. */
export const cliBundleOptions = {
  ...bundleOptions,
  banner: { js: `#!/usr/bin/env node\n${refuseOldNode('{console.error(WORDS);process.exit(2)}')}` },
} satisfies BuildOptions;

/** The same for what the Functions worker loads; `@azure/functions-core` is its own. */
export const appBundleOptions = {
  ...bundleOptions,
  banner: { js: refuseOldNode('throw new Error(WORDS)') },
  external: [...bundleOptions.external, '@azure/functions-core'],
} satisfies BuildOptions;
