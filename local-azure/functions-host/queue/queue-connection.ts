import { Agent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import { newPipeline, QueueServiceClient, type RequestPolicy, type RequestPolicyFactory } from '@azure/storage-queue';

const maxTries = 4;

type Settings = Readonly<Record<string, string | undefined>>;

/**
 * The queue service behind a connection name: `NAME__queueServiceUri`, with `NAME__credential` and `NAME__clientId`.
 * https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#identity-based-connections
 * @throws in the words of the real host when the setting is missing.
 */
export function queueService(connection: string, settings: Settings, retryDelayMs: number): QueueServiceClient {
  const uri = settings[`${connection}__queueServiceUri`];
  if (uri === undefined || uri === '') {
    throw new Error(
      `Storage account connection string '${connection}' does not exist. Make sure that it is a defined App Setting: ` +
        `set ${connection}__queueServiceUri.`,
    );
  }
  // The tries of .NET's client, which the real host polls with.
  const pipeline = newPipeline(credentialOf(connection, settings, retryDelayMs), {
    retryOptions: { maxTries, retryDelayInMs: retryDelayMs },
  });
  pipeline.factories.unshift(keptConnections());
  return new QueueServiceClient(uri, pipeline);
}

/**
 * Only ever the managed identity that the settings' own endpoint stands for: this host is for the local Azure, and must
 * not go looking for the credentials of the machine it runs on. (The identity library would be half of what the host loads.)
 */
function credentialOf(connection: string, settings: Settings, retryDelayMs: number): TokenCredential {
  const kind = settings[`${connection}__credential`] ?? 'managedidentity';
  if (kind.toLowerCase() !== 'managedidentity') {
    throw new Error(`${connection}__credential "${kind}" is not known: use managedidentity.`);
  }
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = settings;
  if (!endpoint || !header) {
    throw new Error(
      `No identity for connection '${connection}': the local host acts as a managed identity of the local Azure. ` +
        'Set IDENTITY_ENDPOINT and IDENTITY_HEADER.',
    );
  }
  const clientId = settings[`${connection}__clientId`] ?? settings.AZURE_CLIENT_ID;
  return {
    async getToken(scopes) {
      const resource = [scopes].flat()[0]?.replace(/\/\.default$/, '') ?? '';
      const query = new URLSearchParams({
        resource,
        'api-version': '2019-08-01',
        ...(clientId && { client_id: clientId }),
      });
      const answer = await askPatiently(`${endpoint}?${query}`, { 'X-IDENTITY-HEADER': header }, retryDelayMs);
      const issued = (await answer.json()) as { access_token: string; expires_on: string };
      return { token: issued.access_token, expiresOnTimestamp: Number(issued.expires_on) * 1000 };
    },
  };
}

/** @throws when the endpoint refuses, or still fails after what .NET's client tries. */
async function askPatiently(
  url: string,
  headers: Readonly<Record<string, string>>,
  retryDelayMs: number,
): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(url, { headers }).catch((error: Error) => error);
    if (answer instanceof Response && answer.ok) return answer;
    const isRefusal = answer instanceof Response && answer.status < 500 && answer.status !== 429;
    if (isRefusal || tries === maxTries) {
      const reason = answer instanceof Response ? `${answer.status} ${await answer.text()}` : answer.message;
      throw new Error(`ManagedIdentityCredential authentication failed: ${reason}`);
    }
    await delay(retryDelayMs * 2 ** (tries - 1));
  }
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
