import { ContainerClient } from '@azure/storage-blob';
import type { TestAzure } from './local-azure.ts';

/** Blob names under a prefix, in order. */
export async function readBlobNames(azure: TestAzure, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of containerOf(azure).listBlobsFlat({ prefix })) names.push(name);
  return names;
}

export async function readBlobJson<T = Record<string, unknown>>(azure: TestAzure, name: string): Promise<T> {
  return JSON.parse((await containerOf(azure).getBlobClient(name).downloadToBuffer()).toString('utf8'));
}

function containerOf(azure: TestAzure): ContainerClient {
  return new ContainerClient(azure.containerUrl, azure.credential(azure.identities.app));
}
