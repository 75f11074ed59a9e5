import { writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { DefaultAzureCredential } from '@azure/identity';
import { KeyClient } from '@azure/keyvault-keys';
import { ContainerClient, newPipeline, type RequestPolicyFactory } from '@azure/storage-blob';
import PQueue from 'p-queue';

/** What the two scripts work on. */
export interface LoopJob {
  readonly vaultUrl: string;
  readonly containerUrl: string;
  /** Blobs are named `<folder>/<key>`. */
  readonly folder: string;
  readonly callsAtOnce: number;
}

/**
 * What a person writes in half an hour with the same SDKs, one call after the other or `callsAtOnce` keys at a time: list,
 * back up, put. No retries of its own, no digests, no metadata, no report, no pace. It reuses connections as the product
 * does, though left to themselves the SDKs do not through a proxy.
 */
export async function runScript({ vaultUrl, containerUrl, folder, callsAtOnce }: LoopJob): Promise<void> {
  const agent = new Agent({ keepAlive: true, proxyEnv: process.env });
  const credential = new DefaultAzureCredential();
  const keys = new KeyClient(vaultUrl, credential, { agent });
  const pipeline = newPipeline(credential);
  pipeline.factories.unshift(throughAgent(agent));
  const container = new ContainerClient(containerUrl, pipeline);

  const escrow = async (name: string): Promise<void> => {
    const backup = await keys.backupKey(name);
    if (backup === undefined) throw new Error(`No backup of ${name}.`);
    await container.getBlockBlobClient(`${folder}/${name}`).upload(backup, backup.length);
  };

  const queue = new PQueue({ concurrency: callsAtOnce });
  for await (const { name } of keys.listPropertiesOfKeys()) {
    if (callsAtOnce === 1) await escrow(name);
    else {
      await queue.onSizeLessThan(callsAtOnce);
      void queue.add(() => escrow(name));
    }
  }
  await queue.onIdle();
  agent.destroy();
}

/** The same into files: what `az keyvault key backup` in a loop does, without starting a program for each key. */
export async function runFolderScript(vaultUrl: string, folder: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, proxyEnv: process.env });
  const keys = new KeyClient(vaultUrl, new DefaultAzureCredential(), { agent });
  for await (const { name } of keys.listPropertiesOfKeys()) {
    const backup = await keys.backupKey(name);
    if (backup === undefined) throw new Error(`No backup of ${name}.`);
    await writeFile(join(folder, `${name}.keybackup`), backup);
  }
  agent.destroy();
}

function throughAgent(agent: Agent): RequestPolicyFactory {
  return {
    create: (next) => ({
      sendRequest(request) {
        request.agent = agent;
        return next.sendRequest(request);
      },
    }),
  };
}
