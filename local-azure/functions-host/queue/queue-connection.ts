import { Agent } from 'node:https';
import { ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
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
  // The delays of .NET's client, which the real host polls with.
  const pipeline = newPipeline(credentialOf(connection, settings), {
    retryOptions: { maxTries: 4, retryDelayInMs: 800 },
  });
  pipeline.factories.unshift(keptConnections());
  return new QueueServiceClient(uri, pipeline);
}

/**
 * Only ever the managed identity that the settings' own endpoint stands for: this host is for the local Azure, and must
 * not go looking for the credentials of the machine it runs on.
 */
function credentialOf(connection: string, settings: Settings): TokenCredential {
  const kind = settings[`${connection}__credential`] ?? 'managedidentity';
  if (kind.toLowerCase() !== 'managedidentity') {
    throw new Error(`${connection}__credential "${kind}" is not known: use managedidentity.`);
  }
  if (!settings.IDENTITY_ENDPOINT || !settings.IDENTITY_HEADER) {
    throw new Error(
      `No identity for connection '${connection}': the local host acts as a managed identity of the local Azure. ` +
        'Set IDENTITY_ENDPOINT and IDENTITY_HEADER.',
    );
  }
  const clientId = settings[`${connection}__clientId`] ?? settings.AZURE_CLIENT_ID;
  return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId });
}

/** Without an agent of its own the SDK opens a tunnel and a TLS connection for every poll. */
function keptConnections(): RequestPolicyFactory {
  const { HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy } = process.env;
  const agent = new Agent({ keepAlive: true, proxyEnv: { HTTPS_PROXY, https_proxy, NO_PROXY, no_proxy } });
  // Verbose logging of the SDK writes each request as JSON: with the agent's sockets it would write their tokens.
  Object.assign(agent, { toJSON: () => 'https.Agent' });
  return {
    create: (next: RequestPolicy): RequestPolicy => ({
      sendRequest: (request) => {
        request.agent = agent;
        return next.sendRequest(request);
      },
    }),
  };
}
