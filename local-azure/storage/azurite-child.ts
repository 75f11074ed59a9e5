import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';

/*
 * Azurite in a process of its own that ends when its standard input closes, which happens however its parent ends.
 * SIGTERM lets Azurite write its files first.
 */
process.stdin.resume();
process.stdin.on('end', () => {
  const { AZURITE_CERTIFICATES_FOLDER: folder } = process.env;
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  if (!process.argv.includes('--location')) process.exit(0);
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(0), 3_000).unref();
});
// The parent may be gone while Azurite still talks.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

createRequire(import.meta.url)('azurite/dist/src/azurite.js');
