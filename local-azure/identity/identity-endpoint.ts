import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback } from '../network/loopback.ts';
import type { IdentityRegistry, LocalIdentity } from './identities.ts';

export interface IdentityEndpoint {
  readonly url: string;
  /** The secret that callers must send as X-IDENTITY-HEADER, as on App Service. */
  readonly header: string;
  readonly requests: { readonly resource: string; readonly identity: string | undefined; readonly status: number }[];
  /** Seconds until the tokens handed out from now on expire. Negative: expired already. */
  tokenLifetimeSeconds: number;
  stop(): Promise<void>;
}

/**
 * The managed identity endpoint of App Service, version 2019-08-01:
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export async function startIdentityEndpoint(options: {
  identities: IdentityRegistry;
  defaultIdentity: LocalIdentity;
  now?: () => number;
}): Promise<IdentityEndpoint> {
  const now = options.now ?? Date.now;
  const header = randomUUID();
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://127.0.0.1');
    const resource = asked.searchParams.get('resource') ?? '';
    const clientId = asked.searchParams.get('client_id');
    const identity = clientId === null ? options.defaultIdentity : options.identities.find(clientId);
    const fault = refusal(request, asked, identity, header);
    endpoint.requests.push({ resource, identity: identity?.name, status: fault?.status ?? 200 });
    if (fault !== undefined)
      return answer(response, fault.status, { statusCode: fault.status, message: fault.message });
    const lifetime = endpoint.tokenLifetimeSeconds;
    answer(response, 200, {
      access_token: options.identities.issueToken(identity as LocalIdentity, resource.replace(/\/$/, ''), lifetime),
      expires_on: String(Math.floor(now() / 1000) + lifetime),
      resource,
      token_type: 'Bearer',
      client_id: identity?.clientId,
    });
  });
  const { port, stop } = await listenOnLoopback(server);
  const endpoint: IdentityEndpoint = {
    url: `http://127.0.0.1:${port}/msi/token`,
    header,
    requests: [],
    tokenLifetimeSeconds: 24 * 3600,
    stop,
  };
  return endpoint;
}

function refusal(
  request: IncomingMessage,
  asked: URL,
  identity: LocalIdentity | undefined,
  header: string,
): { status: number; message: string } | undefined {
  if (request.headers['x-identity-header'] !== header) {
    return { status: 401, message: 'The X-IDENTITY-HEADER header is missing or wrong.' };
  }
  if (request.method !== 'GET' || asked.pathname !== '/msi/token') return { status: 404, message: 'Not found.' };
  if (asked.searchParams.get('api-version') !== '2019-08-01') {
    return { status: 400, message: 'Unsupported api-version: use 2019-08-01.' };
  }
  if (!asked.searchParams.get('resource'))
    return { status: 400, message: 'The query parameter "resource" is required.' };
  if (identity === undefined) return { status: 400, message: 'No User Assigned Managed Identity found for client_id.' };
  return undefined;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
