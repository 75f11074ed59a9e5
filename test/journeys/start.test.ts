import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, type TestContext, test } from 'vitest';
import { builtBundle } from '../support/escrow-host.ts';
import type { SourceSetting } from '../support/escrow-place.ts';
import { isAlive } from '../support/living-process.ts';
import { projectNode } from '../support/project-node.ts';
import { useTestFolder } from '../support/temporary-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface CheckoutOptions {
  /** With its bundle made: nothing is left to build. */
  readonly isBuilt: boolean;
  /** Of the sample's settings; all of its sources when absent. */
  readonly sources?: readonly string[];
}

/**
 * A checkout of its own, so that neither dist/ nor .local/ nor somebody's local.settings.json is in the way. Its sample has
 * a pace that holds nobody up.
 */
async function checkout(context: TestContext, { isBuilt, sources }: CheckoutOptions): Promise<string> {
  const folder = await useTestFolder(context);
  const same = ['src', 'local-azure', 'node_modules', 'host.json', 'package.json', 'LICENSE'];
  for (const name of [...same, isBuilt ? 'dist' : 'scripts']) await symlink(join(root, name), join(folder, name));
  if (isBuilt) {
    builtBundle();
    await mkdir(join(folder, 'scripts'));
    await writeFile(join(folder, 'scripts/build.ts'), '');
  }
  const sample = 'local.settings.sample.json';
  const settings = JSON.parse(await readFile(join(root, sample), 'utf8'));
  const sampled: SourceSetting[] = JSON.parse(settings.Values.ESCROW_SOURCES);
  const wanted = sampled.filter(({ vaultName, hsmName }) => sources?.includes(vaultName ?? hsmName ?? '') ?? true);
  settings.Values.ESCROW_SOURCES = JSON.stringify(wanted.map((one) => ({ ...one, maxBackupsPerSecond: 1000 })));
  await writeFile(join(folder, sample), JSON.stringify(settings));
  return folder;
}

function run({ onTestFinished }: TestContext, folder: string, program: string, ...args: string[]) {
  const child = spawn(projectNode, [join(root, 'local-azure/demonstration', program), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended, stdout: text(child.stdout), stderr: text(child.stderr) };
}

/** Every process below one; Linux only, empty elsewhere. */
async function descendants(pid: number): Promise<number[]> {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return [];
  const children = (await readFile(file, 'utf8')).trim().split(' ').filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

/** Resolves when the text was printed. */
async function printed({ stdout }: ChildProcess, wanted: string): Promise<void> {
  let seen = '';
  await new Promise<void>((resolve, reject) => {
    stdout?.on('data', (chunk) => {
      seen += chunk;
      if (seen.includes(wanted)) resolve();
    });
    stdout?.once('end', () => reject(new Error(`It ended without "${wanted}": ${seen}`)));
  });
}

describe.concurrent('npm start', () => {
  test('with --once --json runs the first pass, prints it for a person, and ends with one object', async (context) => {
    const folder = await checkout(context, { isBuilt: false });
    const { ended, ...streams } = run(context, folder, 'start.ts', '--once', '--json');
    const [stdout, stderr, code] = await Promise.all([streams.stdout, streams.stderr, ended]);
    expect(stderr).toMatch(/Running the nightly job over 3 sources/);
    expect(code).toBe(0);

    const lines = stdout.trimEnd().split('\n');
    const summary = JSON.parse(lines.at(-1) ?? '');
    const names = ['status', 'escrowed', 'alreadyEscrowed', 'skipped', 'failed', 'audit', 'blobs', 'reports'];
    expect(Object.keys(summary)).toEqual(names);
    expect(summary).toMatchObject({
      status: 'ok',
      alreadyEscrowed: 0,
      failed: 0,
      audit: { status: 'ok', findings: 0 },
    });
    expect(summary.escrowed).toBeGreaterThan(30);
    expect(summary.blobs).toHaveLength(summary.escrowed);
    const signing = (id: string) =>
      expect.stringMatching(`^vaults/contoso-prod/signing/\\d{8}T\\d{6}Z${id}\\.keybackup$`);
    expect(summary.blobs).toEqual(
      expect.arrayContaining([
        signing(''),
        signing('-[0-9a-f]{8}'),
        expect.stringMatching(/^managed-hsms\/contoso-hsm\//),
      ]),
    );
    expect(summary.reports).toHaveLength(3);
    expect(stdout).toMatch(/certificate-backed/);
    expect(stdout).toMatch(/vault "contoso-prod"/);
  });

  test('stays up for the queue: another process asks for a key, and Ctrl-C ends everything', async (context) => {
    const folder = await checkout(context, { isBuilt: true, sources: ['contoso-web'] });
    const { child, ended } = run(context, folder, 'start.ts');
    await printed(child, 'Still running');
    const { env } = JSON.parse(await readFile(join(folder, '.local/environment.json'), 'utf8'));
    // By the names that other clients know: OpenSSL, .NET and PowerShell; az and Python.
    expect([env.SSL_CERT_FILE, env.REQUESTS_CA_BUNDLE]).toEqual(Array(2).fill(env.NODE_EXTRA_CA_CERTS));
    expect(await readFile(env.SSL_CERT_FILE, 'utf8')).toContain('BEGIN CERTIFICATE');
    const request = 'enqueue --vault-name contoso-web --name payroll --wait --json';
    const asked = run(context, folder, 'operator.ts', ...request.split(' '));
    expect([await asked.ended, await asked.stderr]).toEqual([0, expect.any(String)]);
    expect(await asked.stdout).toMatch(/vaults\/contoso-web\/payroll\/\d{8}T\d{6}Z-[0-9a-f]{8}\.keybackup/);

    const below = await descendants(child.pid ?? 0);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    await context.expect.poll(() => below.filter(isAlive)).toEqual([]);
    expect(existsSync(join(folder, '.local/environment.json'))).toBe(false);
  });

  // npm's shell passes no signal on. On Windows nobody is told of the end of a parent.
  test.skipIf(process.platform === 'win32')('ends with the shell that npm runs it in', async (context) => {
    const folder = await checkout(context, { isBuilt: true, sources: ['contoso-web'] });
    const line = `'${projectNode}' '${join(root, 'local-azure/demonstration/start.ts')}'; true`;
    const shell = spawn('sh', ['-c', line], {
      cwd: folder,
      env: { ...process.env, npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const closed = once(shell, 'close');
    await printed(shell, 'Still running');
    const { pid } = JSON.parse(await readFile(join(folder, '.local/environment.json'), 'utf8'));
    context.onTestFinished(() => {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    const below = [pid, ...(await descendants(pid))];
    shell.kill('SIGTERM');
    await closed;
    await context.expect.poll(() => below.filter(isAlive)).toEqual([]);
  });
});
