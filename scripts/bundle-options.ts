import type { BuildOptions } from 'esbuild';

/** How the product is bundled, by scripts/build.ts and by whatever measures or tests a bundle. CommonJS because it loads fastest in the worker. */
export const bundleOptions = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** The same for what the Functions worker loads; `@azure/functions-core` is its own. */
export const appBundleOptions = {
  ...bundleOptions,
  external: ['@azure/functions-core'],
} satisfies BuildOptions;
