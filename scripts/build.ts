import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import packageJson from '../package.json' with { type: 'json' };
import { appBundleOptions, bundleOptions } from './bundle-options.ts';

/**
 * Makes `dist/main.cjs`, the bundle that is deployed; `dist/package/`, the folder that is: host.json, package.json and the
 * bundle, no node_modules; and `dist/cli.cjs`, the command line in one file, which is not deployed.
 */
const { name, version } = packageJson;
await mkdir('dist/package', { recursive: true });
// Made aside and moved into place: somebody may be loading the bundle (npm start builds, and so does a test of it).
const making = await mkdtemp('dist/.making-');
await mkdir(`${making}/package`);
const { metafile } = await build({
  ...appBundleOptions,
  entryPoints: ['src/main.ts'],
  outfile: `${making}/main.cjs`,
  metafile: true,
});
await writeFile(`${making}/main.meta.json`, JSON.stringify(metafile));
await copyFile(`${making}/main.cjs`, `${making}/package/main.cjs`);
await copyFile('host.json', `${making}/package/host.json`);
const deployed = { name, version, main: 'main.cjs' };
await writeFile(`${making}/package/package.json`, `${JSON.stringify(deployed, null, 2)}\n`);

await build({
  ...bundleOptions,
  entryPoints: ['src/cli/main.ts'],
  outfile: `${making}/cli.cjs`,
  banner: { js: '#!/usr/bin/env node' },
});
await chmod(`${making}/cli.cjs`, 0o755);

const made = ['main.cjs', 'main.meta.json', 'cli.cjs', 'package/main.cjs', 'package/host.json', 'package/package.json'];
for (const file of made) await rename(`${making}/${file}`, `dist/${file}`);
await rm(making, { recursive: true });
// A bill of materials (npm run sbom) is of one bundle.
await rm('dist/bom.json', { force: true });
