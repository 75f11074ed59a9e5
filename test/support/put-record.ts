import { ContainerClient } from '@azure/storage-blob';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import type { TestAzure } from './local-azure.ts';

const write = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write';
const read = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read';

/** Copies a record with its metadata, spoiled: what an intruder with more rights than the app could leave. */
export async function putRecord(
  azure: TestAzure,
  from: string,
  to: string,
  spoil: (bytes: Buffer, metadata: Record<string, string>) => void,
): Promise<void> {
  const intruder: LocalIdentity = azure.registry.find('intruder') ?? azure.registry.add('intruder', [write, read]);
  const container = new ContainerClient(azure.containerUrl, azure.credential(intruder));
  const source = container.getBlockBlobClient(from);
  const bytes = await source.downloadToBuffer();
  const metadata = { ...(await source.getProperties()).metadata };
  spoil(bytes, metadata);
  await container.getBlockBlobClient(to).upload(bytes, bytes.length, { metadata });
}
