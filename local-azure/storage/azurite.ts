import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { machineEnvironment } from '../machine-environment.ts';
import type { Certificates } from '../network/certificates.ts';

interface RunningAzurite {
  readonly blobPort: number;
  readonly queuePort: number;
  stop(): Promise<void>;
}

/**
 * Starts the real Azurite over TLS, taking bearer tokens, as a child that ends when this process does.
 * @param options.location a folder that keeps the data; without it everything is in memory.
 */
export async function startAzurite(options: {
  account: string;
  certificates: Certificates;
  location?: string | undefined;
}): Promise<RunningAzurite> {
  const folder = await mkdtemp(join(tmpdir(), 'azurite-'));
  const certificatePath = join(folder, 'certificate.pem');
  const keyPath = join(folder, 'key.pem');
  await writeFile(certificatePath, options.certificates.certificate);
  await writeFile(keyPath, options.certificates.key, { mode: 0o600 });
  const storage = options.location === undefined ? ['--inMemoryPersistence'] : ['--location', options.location];
  const flags = ['--silent', '--disableTelemetry', '--skipApiVersionCheck', '--oauth', 'basic'];
  const ports = ['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'];
  const keepAlive = ['--blobKeepAliveTimeout', '600', '--queueKeepAliveTimeout', '600'];
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('azurite-child.ts', import.meta.url)),
      ...[...flags, ...ports, ...keepAlive, ...storage, '--cert', certificatePath, '--key', keyPath],
    ],
    {
      cwd: folder,
      // Out of the terminal's process group: Ctrl-C must not end it before those who still write to it.
      detached: true,
      // Azurite signs nothing with this key: clients come with tokens.
      env: {
        ...machineEnvironment(),
        AZURITE_ACCOUNTS: `${options.account}:${randomBytes(64).toString('base64')}`,
        // The child clears up as well: its parent may be killed.
        AZURITE_CERTIFICATES_FOLDER: folder,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.stdin.end();
    const insist = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(insist);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { Blob: blobPort, Queue: queuePort } = await readPorts(child, exited);
    return { blobPort, queuePort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Child = ReturnType<typeof spawn>;

async function readPorts(child: Child, exited: Promise<void>): Promise<Record<'Blob' | 'Queue', number>> {
  const said: string[] = [];
  const ports: Partial<Record<string, number>> = {};
  child.stderr?.on('data', (chunk) => said.push(String(chunk)));
  return await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      said.push(line);
      const listening = /^Azurite (\w+) service is successfully listening at \S+:(\d+)$/.exec(line.trim());
      if (listening?.[1] !== undefined) ports[listening[1]] = Number(listening[2]);
      if (ports.Blob !== undefined && ports.Queue !== undefined) resolve({ Blob: ports.Blob, Queue: ports.Queue });
    });
    child.once('error', reject);
    void exited.then(() => reject(new Error(`Azurite ended before it was ready: ${said.join('\n')}`)));
  });
}
