import { Agent } from 'node:https';
import { inspect } from 'node:util';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { ServiceError } from '../../escrow/model/service-error.ts';
import type { Peer } from './service-answer.ts';

let agent: ReturnType<typeof createDiscreetAgent> | undefined;

/**
 * One agent for every client of the process: connections are kept and reused, through a corporate proxy too (left to
 * themselves the SDKs open one tunnel and one TLS session per request there). Made for the environment of the first request.
 */
export function sharedAgent() {
  agent ??= createDiscreetAgent(process.env);
  return agent;
}

/**
 * The last gate before the wire: a client asks its own host and no other, whatever a nextLink or a redirect says, so the
 * token goes nowhere else. Also hands the request the shared agent.
 * @param request of either SDK generation.
 * @throws ServiceError code `ForeignHost`, without having sent anything.
 */
export function guardRequest(request: { readonly url: string; agent?: unknown }, peer: Peer): void {
  const url = new URL(request.url);
  if (url.protocol !== 'https:' || url.hostname !== peer.host || (url.port !== '' && url.port !== '443')) {
    const refusal = `refused to send a request to ${url.origin} instead of https://${peer.host}`;
    throw new ServiceError(refusal, { ...peer, kind: 'misrouted', code: 'ForeignHost' });
  }
  request.agent = sharedAgent();
}

/** The guard as a policy of a client's pipeline. */
export function hostGuard(peer: Peer): PipelinePolicy {
  return {
    name: 'escrowHostGuard',
    sendRequest(request, next) {
      guardRequest(request, peer);
      return next(request);
    },
  };
}

/**
 * A keep-alive agent that honours a corporate proxy and prints nothing about itself. Verbose logging of the SDKs writes each
 * request as JSON, its agent and all that hangs on it: the proxy environment, which would be the whole process's with
 * IDENTITY_HEADER, and the open sockets, with the token in their last request's header.
 */
export function createDiscreetAgent(env: Readonly<Record<string, string | undefined>>): Agent {
  const proxyEnv = Object.fromEntries(Object.entries(env).filter(([name]) => /^(https?|no)_proxy$/i.test(name)));
  const agent = new Agent({ keepAlive: true, proxyEnv });
  const label = () => 'https.Agent';
  return Object.defineProperties(agent, { toJSON: { value: label }, [inspect.custom]: { value: label } });
}
