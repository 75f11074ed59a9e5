import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeOutputFile } from '../../../src/cli/terminal/output-file.ts';
import { collectIo } from '../../support/cli.ts';
import { useFolder } from '../../support/temporary-folder.ts';

const folder = await useFolder();
const { io } = collectIo({});

test('a file that takes the place of another has its own mode, and a link still leads to it', async () => {
  const [file, link] = [join(folder, 'old'), join(folder, 'link')];
  await writeFile(file, 'old', { mode: 0o644 });
  await symlink(file, link);
  expect(await writeOutputFile(io, { file: link, content: 'new', mode: 0o600, force: true })).toBe(true);
  expect([await readFile(file, 'utf8'), (await stat(file)).mode & 0o777]).toEqual(['new', 0o600]);
  expect(await readFile(link, 'utf8')).toBe('new');
});

// A limit on the size of a file fails a write as a full disk does: some bytes are there already.
test.runIf(process.platform === 'linux').each([
  ['a new file', false],
  ['another in its place', true],
])('what cannot be written to its end leaves nothing behind: %s', async (_what, isThere) => {
  const inner = await mkdtemp(join(folder, 'full-'));
  const file = join(inner, 'signing.keybackup');
  if (isThere) await writeFile(file, 'old');
  const program = `
    process.on('SIGXFSZ', () => undefined);
    const { writeOutputFile } = await import('./src/cli/terminal/output-file.ts');
    const io = { isTTY: {}, env: {} };
    await writeOutputFile(io, { file: ${JSON.stringify(file)}, content: 'x'.repeat(100_000), mode: 0o600, force: true })
      .then(() => console.log('written'), (error) => console.log(error.message));`;
  const limited = spawnSync('bash', [
    '-c',
    'ulimit -f 16; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    program,
  ]);
  expect(String(limited.stdout)).toMatch(/^Cannot write .*signing\.keybackup: EFBIG/);
  expect(await readdir(inner)).toEqual(isThere ? ['signing.keybackup'] : []);
  if (isThere) expect(await readFile(file, 'utf8')).toBe('old');
});
