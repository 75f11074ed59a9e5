import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import type { ServiceError, ServiceName } from '../escrow/model/service-error.ts';
import type { Clock } from './http/clock.ts';
import { hostGuard } from './http/connection.ts';
import { withRetries } from './http/retry.ts';
import { invalidAnswer, keyVaultErrorOf } from './http/service-answer.ts';

interface ResourceRequest {
  readonly method: 'GET' | 'POST';
  /** With the api-version. */
  readonly path: string;
  readonly body?: object;
}

/**
 * Azure Resource Manager, asked directly, with the retry and the host guard of every other client.
 * @param endpoint as `https://management.azure.com`; the token is for it, and nothing is sent to another host.
 * @param service who answers, for messages.
 */
export function createResourceManager(
  endpoint: string,
  credential: TokenCredential,
  clock: Clock,
  service: ServiceName,
) {
  const peer = { service, host: new URL(endpoint).hostname };
  const client = createDefaultHttpClient();
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: `${endpoint}/.default` }));
  pipeline.addPolicy(hostGuard(peer), { afterPolicies: ['bearerTokenAuthenticationPolicy'] });
  const send = async ({ method, path, body }: ResourceRequest, abortSignal: AbortSignal): Promise<PipelineResponse> => {
    const request = createPipelineRequest({
      url: `${endpoint}${path}`,
      method,
      headers: createHttpHeaders({ 'content-type': 'application/json', accept: 'application/json' }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      abortSignal,
    });
    const response = await pipeline.sendRequest(client, request);
    if (response.status !== 200) throw keyVaultErrorOf(response, peer);
    return response;
  };
  return {
    /** Sends one request and answers with what came back. @throws ServiceError for every status but 200; OutOfTime. */
    ask: (request: ResourceRequest, deadline: AbortSignal): Promise<PipelineResponse> =>
      withRetries((abortSignal) => send(request, abortSignal), { clock, deadline, peer }),
    /** An answer that cannot be what was asked for. */
    invalid: (message: string): ServiceError => invalidAnswer(message, peer),
  };
}
