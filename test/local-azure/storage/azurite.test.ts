import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import https from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import tls from 'node:tls';
import { ContainerClient, newPipeline, type RequestPolicy } from '@azure/storage-blob';
import { expect, inject, onTestFinished, test } from 'vitest';
import { type LocalAzure, startLocalAzure } from '../../../local-azure/local-azure.ts';
import { useTestFolder } from '../../support/temporary-folder.ts';

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test('Azurite ends when the process that started it is killed', async () => {
  const certificates = join(await useTestFolder(), 'certificates.json');
  await writeFile(certificates, JSON.stringify(inject('certificates')));
  const script = `
    import { readFileSync } from 'node:fs';
    import { startAzurite } from ${JSON.stringify(new URL('../../../local-azure/storage/azurite.ts', import.meta.url).href)};
    const certificates = JSON.parse(readFileSync(${JSON.stringify(certificates)}, 'utf8'));
    console.log((await startAzurite({ account: 'orphan', certificates })).blobPort);
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  expect(await isListening(Number(line))).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => isListening(Number(line))).toBe(false);
});

test('Azurite keeps its data in the folder it is given', async () => {
  const location = await useTestFolder();
  const options = { account: 'kept', container: 'escrow', queues: ['requests'], azuriteLocation: location };
  const content = Buffer.from('key backup');
  const containerIn = (azure: LocalAzure) => {
    const agent = new https.Agent({ proxyEnv: { HTTPS_PROXY: azure.proxy.url } });
    const pipeline = newPipeline(azure.credential(azure.identities.app));
    pipeline.factories.unshift({
      create: (next: RequestPolicy): RequestPolicy => ({
        sendRequest: (request) => next.sendRequest(Object.assign(request, { agent })),
      }),
    });
    return new ContainerClient(azure.containerUrl, pipeline);
  };
  {
    await using azure = await startLocalAzure(options);
    tls.setDefaultCACertificates([azure.ca]);
    await containerIn(azure).getBlockBlobClient('kept').upload(content, content.length);
  }
  await using azure = await startLocalAzure(options);
  tls.setDefaultCACertificates([azure.ca]);
  expect(await containerIn(azure).getBlockBlobClient('kept').downloadToBuffer()).toEqual(content);
});
