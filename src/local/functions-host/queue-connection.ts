import https from 'node:https';
import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { newPipeline, QueueServiceClient, type RequestPolicy, type RequestPolicyFactory } from '@azure/storage-queue';

type Settings = Readonly<Record<string, string | undefined>>;

/**
 * The queue service behind a connection name: `NAME__queueServiceUri`, with `NAME__credential` and `NAME__clientId`.
 * https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#identity-based-connections
 * @throws in the words of the real host when the setting is missing.
 */
export function queueService(connection: string, settings: Settings): QueueServiceClient {
  const uri = settings[`${connection}__queueServiceUri`];
  if (uri === undefined || uri === '') {
    throw new Error(
      `Storage account connection string '${connection}' does not exist. Make sure that it is a defined App Setting: ` +
        `set ${connection}__queueServiceUri.`,
    );
  }
  const pipeline = newPipeline(credentialOf(connection, settings));
  pipeline.factories.unshift(keptConnections());
  return new QueueServiceClient(uri, pipeline);
}

function credentialOf(connection: string, settings: Settings): TokenCredential {
  const clientId = settings[`${connection}__clientId`];
  const kind = settings[`${connection}__credential`];
  if (kind === undefined) return new DefaultAzureCredential();
  if (kind.toLowerCase() !== 'managedidentity') {
    throw new Error(`${connection}__credential "${kind}" is not known: use managedidentity.`);
  }
  return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
}

/** Without an agent of its own the SDK opens a tunnel and a TLS connection for every poll. */
function keptConnections(): RequestPolicyFactory {
  const agent = new https.Agent({ keepAlive: true, proxyEnv: process.env });
  return {
    create: (next: RequestPolicy): RequestPolicy => ({
      sendRequest: (request) => {
        request.agent = agent;
        return next.sendRequest(request);
      },
    }),
  };
}
