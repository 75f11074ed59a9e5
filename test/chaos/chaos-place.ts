import { assignedRoles, escrowContainers } from '../../local-azure/identity/deployed-roles.ts';
import { createStorageLayout } from '../../local-azure/storage/storage-layout.ts';
import type { EscrowPlace } from '../support/escrow-place.ts';

/** The same local Azure with a container and queues of its own, so that what one run leaves is all that is there. */
export async function separatePlace(azure: Omit<EscrowPlace, 'queueName'>, name: string): Promise<EscrowPlace> {
  const container = new URL(azure.containerUrl);
  const queueName = name;
  const containers = escrowContainers(name);
  await createStorageLayout({
    gatePort: azure.storage.port,
    ca: azure.ca,
    blobHost: container.hostname,
    queueHost: new URL(azure.queueServiceUrl).hostname,
    token: azure.registry.issueToken(azure.identities.infrastructure, 'https://storage.azure.com', 60),
    containers: Object.values(containers),
    queues: [queueName, `${queueName}-poison`],
  });
  const roles = assignedRoles(containers);
  const identityOf = (who: keyof typeof roles) =>
    azure.registry.add(`${who} of ${name}`, roles[who].everywhere, roles[who].onContainers);
  const app = identityOf('app');
  return {
    ...azure,
    env: azure.envOf(app),
    containers,
    identities: {
      ...azure.identities,
      app,
      audit: identityOf('audit'),
      bothParts: identityOf('bothParts'),
      operator: identityOf('operator'),
    },
    containerUrl: `${container.origin}/${containers.backups}`,
    auditContainerUrl: `${container.origin}/${containers.audits}`,
    drillContainerUrl: `${container.origin}/${containers.drills}`,
    queueName,
  };
}
