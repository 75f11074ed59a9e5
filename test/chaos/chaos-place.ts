import { createStorageLayout } from '../../local-azure/storage/storage-layout.ts';
import type { EscrowPlace } from '../support/escrow-place.ts';

/** The same local Azure with a container and queues of its own, so that what one run leaves is all that is there. */
export async function separatePlace(azure: Omit<EscrowPlace, 'queueName'>, name: string): Promise<EscrowPlace> {
  const container = new URL(azure.containerUrl);
  const queueName = name;
  await createStorageLayout({
    gatePort: azure.storage.port,
    ca: azure.ca,
    blobHost: container.hostname,
    queueHost: new URL(azure.queueServiceUrl).hostname,
    token: azure.registry.issueToken(azure.identities.infrastructure, 'https://storage.azure.com', 60),
    container: name,
    queues: [queueName, `${queueName}-poison`],
  });
  return { ...azure, containerUrl: `${container.origin}/${name}`, queueName };
}
