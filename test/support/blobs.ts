import { ContainerClient } from '@azure/storage-blob';
import { containerNameOf } from './container-view.ts';
import type { TestAzure } from './local-azure.ts';

/** Blob names under a prefix, in order. */
export async function readBlobNames(azure: TestAzure, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of containerOf(azure, prefix).listBlobsFlat({ prefix })) names.push(name);
  return names;
}

export async function readBlobJson<T = Record<string, unknown>>(azure: TestAzure, name: string): Promise<T> {
  return JSON.parse((await containerOf(azure, name).getBlobClient(name).downloadToBuffer()).toString('utf8'));
}

function containerOf(azure: TestAzure, name: string): ContainerClient {
  return new ContainerClient(
    `${new URL(azure.containerUrl).origin}/${containerNameOf(azure, name)}`,
    azure.credential(azure.identities.app),
  );
}
