import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('npm start -- --once --json runs the first pass, tells it to a person, and ends with one object', async () => {
  const child = spawn(process.execPath, ['src/local/start.ts', '--once', '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  expect(stderr).toMatch(/Running the nightly job over 3 sources/);
  expect(code).toBe(0);

  const lines = stdout.trimEnd().split('\n');
  const summary = JSON.parse(lines.at(-1) ?? '');
  expect(Object.keys(summary)).toEqual([
    'status',
    'escrowed',
    'alreadyEscrowed',
    'skipped',
    'failed',
    'blobs',
    'reports',
  ]);
  expect(summary).toMatchObject({ status: 'ok', alreadyEscrowed: 0, failed: 0 });
  expect(summary.escrowed).toBeGreaterThan(30);
  expect(summary.blobs).toHaveLength(summary.escrowed);
  expect(summary.blobs).toContainEqual(
    expect.stringMatching(/^vaults\/contoso-prod\/signing\/\d{8}T\d{6}Z\.keybackup$/),
  );
  expect(summary.blobs).toContainEqual(
    expect.stringMatching(/^vaults\/contoso-prod\/signing\/\d{8}T\d{6}Z-[0-9a-f]{8}\.keybackup$/),
  );
  expect(summary.blobs).toContainEqual(expect.stringMatching(/^managed-hsms\/contoso-hsm\//));
  expect(summary.reports).toHaveLength(3);
  expect(stdout).toMatch(/certificate-backed/);
  expect(stdout).toMatch(/vault "contoso-prod"/);
}, 40_000);
