import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The package as it is deployed, kept apart from `dist`, which another build may take away meanwhile. */
export async function buildPackage() {
  const built = spawnSync(process.execPath, ['scripts/build.ts'], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (built.status !== 0) throw new Error('The bundle could not be built; the reason stands above.');
  const folder = await mkdtemp(join(tmpdir(), 'escrow-package-'));
  await cp('dist/package', folder, { recursive: true });
  return {
    folder,
    bundle: join(folder, 'main.cjs'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
