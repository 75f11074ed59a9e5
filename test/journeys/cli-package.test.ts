import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { publint } from 'publint';
import { expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { useFolder } from '../support/temporary-folder.ts';

const folder = resolve('dist/cli-package');

const run = (command: string, ...args: string[]) =>
  spawnSync(command, args, { cwd: place, encoding: 'utf8', env: { ...process.env, npm_config_loglevel: 'error' } });

const place = await useFolder();

test('the package has nothing that the registry or a bundler would stumble over', async () => {
  const { messages } = await publint({ pkgDir: folder, strict: true });
  expect(messages).toEqual([]);
});

test('packs to one file without dependencies, which installs offline and runs', { timeout: 60_000 }, async () => {
  expect(run('npm', 'pack', folder).status).toBe(0);
  const [archive = ''] = await readdir(place);
  expect(archive).toBe(`keyvault-escrow-${packageJson.version}.tgz`);
  expect(run('npm', 'install', '--offline', '--no-audit', '--no-fund', `./${archive}`).status).toBe(0);
  const installed = join(place, 'node_modules');
  expect((await readdir(installed)).filter((name) => !name.startsWith('.'))).toEqual(['keyvault-escrow']);
  const files = ['LICENSE', 'README.md', 'cli.cjs', 'package.json'];
  expect((await readdir(join(installed, 'keyvault-escrow'))).sort()).toEqual(files);
  const { stdout, status } = run(join(installed, '.bin/keyvault-escrow'), '--version');
  expect([status, stdout]).toEqual([0, `${packageJson.version}\n`]);
});

test('ends when a command has ended, with all that it printed, whatever connection is still open', () => {
  const held = { ...process.env, NODE_OPTIONS: '--import=data:text/javascript,setInterval(()=>{},1e9)' };
  const help = (env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, [join(folder, 'cli.cjs'), 'help', 'backup'], {
      encoding: 'utf8',
      env,
      timeout: 60_000,
    });
  const { stdout, status } = help(held);
  expect([status, stdout.length]).toEqual([0, help(process.env).stdout.length]);
  expect(stdout).toContain('--max-backups-per-second');
});

test('its first line says to an older Node what is missing, before anything else can break', async () => {
  const [, guard = ''] = (await readFile(join(folder, 'cli.cjs'), 'utf8')).split('\n');
  const firstLines = (version: string): string => {
    const program = `Object.defineProperty(process.versions,'node',{value:'${version}'});${guard}`;
    return spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stderr;
  };
  expect(firstLines('20.20.2')).toContain('keyvault-escrow needs Node 22.12 or later');
  expect(firstLines('22.11.0')).toContain('keyvault-escrow needs Node 22.12 or later');
  expect([firstLines('22.12.0'), firstLines('24.0.0')]).toEqual(['', '']);
});
