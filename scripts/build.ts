import { rmSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import packageJson from '../package.json' with { type: 'json' };
import { appBundleOptions, cliBundleOptions } from './bundle-options.ts';

/**
 * Makes `dist/main.cjs`, the bundle that is deployed; `dist/package/`, the folder that is: host.json, package.json and the
 * bundle, no node_modules; `dist/cli.cjs`, the command line in one file, which is not deployed; and `dist/cli-package/`, the folder
 * that `npm pack` makes an installable command line of.
 */
const { name, version, description, license, engines } = packageJson;
await mkdir('dist/package', { recursive: true });
await mkdir('dist/cli-package', { recursive: true });
// Made aside and moved into place: somebody may be loading the bundle (npm start builds, and so does a test of it).
const making = await mkdtemp('dist/.making-');
process.once('exit', () => rmSync(making, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
await mkdir(`${making}/package`);
await mkdir(`${making}/cli-package`);
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
  ...cliBundleOptions,
  entryPoints: ['src/cli/main.ts'],
  outfile: `${making}/cli.cjs`,
});
await chmod(`${making}/cli.cjs`, 0o755);
await copyFile(`${making}/cli.cjs`, `${making}/cli-package/cli.cjs`);
await copyFile('LICENSE', `${making}/cli-package/LICENSE`);
await copyFile('scripts/cli-package/README.md', `${making}/cli-package/README.md`);
const cliPackage = {
  name,
  version,
  description: `${description}: the command line`,
  license,
  type: 'commonjs',
  bin: { [name]: 'cli.cjs' },
  engines,
  files: ['cli.cjs'],
};
await writeFile(`${making}/cli-package/package.json`, `${JSON.stringify(cliPackage, null, 2)}\n`);

const made = [
  ...['main.cjs', 'main.meta.json', 'cli.cjs', 'package/main.cjs', 'package/host.json', 'package/package.json'],
  ...['cli.cjs', 'LICENSE', 'README.md', 'package.json'].map((file) => `cli-package/${file}`),
];
for (const file of made) await rename(`${making}/${file}`, `dist/${file}`);
// A bill of materials (npm run sbom) is of one bundle.
await rm('dist/bom.json', { force: true });
