import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createFaultPlan, type FaultPlan } from '../fault-plan.ts';
import { listenOnLoopback } from '../network/loopback.ts';
import type { IdentityRegistry, LocalIdentity } from './identities.ts';

export interface IdentityEndpoint {
  readonly url: string;
  /** The secret that callers must send as X-IDENTITY-HEADER, as on App Service. */
  readonly header: string;
  readonly requests: { readonly resource: string; readonly identity: string | undefined; readonly status: number }[];
  /** Failures of the endpoint itself, which does fail for moments (azure-functions-host#11058, #9884). */
  readonly faults: FaultPlan<IdentityFaultMatcher, IdentityFaultEffect>;
  /** Seconds until the tokens handed out from now on expire. Negative: expired already. */
  tokenLifetimeSeconds: number;
  stop(): Promise<void>;
}

export interface IdentityFaultMatcher {
  /** The name of the identity that a token is asked of. */
  readonly identity?: string;
}

export type IdentityFaultEffect =
  | { readonly kind: 'status'; readonly status: number; readonly message?: string }
  /** The connection is cut without an answer. */
  | { readonly kind: 'reset' }
  /** No answer, ever. */
  | { readonly kind: 'stall' };

/**
 * The managed identity endpoint of App Service, version 2019-08-01:
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export async function startIdentityEndpoint(options: {
  identities: IdentityRegistry;
  defaultIdentity: LocalIdentity;
}): Promise<IdentityEndpoint> {
  const header = randomUUID();
  const faults = createFaultPlan<IdentityFaultMatcher, IdentityFaultEffect, string | undefined>(
    (matcher, identity) => matcher.identity === undefined || matcher.identity === identity,
  );
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = new URL(request.url ?? '/', 'http://127.0.0.1');
    const resource = asked.searchParams.get('resource') ?? '';
    const clientId = asked.searchParams.get('client_id');
    const identity = clientId === null ? options.defaultIdentity : options.identities.find(clientId);
    const { delayMs, effect } = faults.choose(identity?.name);
    if (delayMs > 0) await delay(delayMs);
    if (effect?.kind === 'reset') return void request.socket.destroy();
    if (effect?.kind === 'stall') return;
    const failing = effect && { status: effect.status, message: effect.message ?? 'The service is not available.' };
    const fault = failing ?? refusal(request, asked, identity, header);
    endpoint.requests.push({ resource, identity: identity?.name, status: fault?.status ?? 200 });
    if (fault !== undefined)
      return answer(response, fault.status, { statusCode: fault.status, message: fault.message });
    const lifetime = endpoint.tokenLifetimeSeconds;
    answer(response, 200, {
      access_token: options.identities.issueToken(identity as LocalIdentity, resource.replace(/\/$/, ''), lifetime),
      expires_on: String(Math.floor(Date.now() / 1000) + lifetime),
      resource,
      token_type: 'Bearer',
      client_id: identity?.clientId,
    });
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  const { port, stop } = await listenOnLoopback(server);
  const endpoint: IdentityEndpoint = {
    url: `http://127.0.0.1:${port}/msi/token`,
    header,
    requests: [],
    faults,
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
