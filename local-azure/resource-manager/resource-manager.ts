import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type IdentityRegistry, mayDo } from '../identity/identities.ts';
import type { Handler } from '../network/loopback.ts';
import { answerGraphQuery, type GraphResource, InvalidQuery } from './graph-query.ts';
import { answerStorageQuestion, type ManagedStorage } from './managed-storage.ts';

export interface ResourceManager {
  readonly handle: Handler;
  /** Everything there is in this Azure beside the vaults and Managed HSMs that are served: what a test puts there. */
  readonly resources: GraphResource[];
  /** The storage account of the escrow, as a deployment leaves it; a test may change it. */
  readonly storage: ManagedStorage;
  /** Bodies of the queries received, oldest first. */
  readonly queries: GraphRequest[];
  /** The next answers are these instead, one each. */
  readonly faults: { status: number; headers?: Record<string, string>; body: string }[];
}

export interface GraphRequest {
  readonly query?: unknown;
  readonly subscriptions?: readonly string[];
  readonly options?: { readonly resultFormat?: string; readonly $skipToken?: string };
}

/** What lets somebody see that a vault is there: part of Reader, which is of the control plane. */
export const seeSources = 'Microsoft.KeyVault/vaults/read';

const pageSize = 1000;
const path = '/providers/Microsoft.ResourceGraph/resources';

/**
 * Azure Resource Manager, as much of it as answers Azure Resource Graph, and how the escrow's storage is kept: what there is, to
 * those who may see it. Whoever may see nothing gets no rows and no error from Resource Graph, as from the service.
 * https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data
 */
export function createResourceManager(parts: {
  readonly identities: IdentityRegistry;
  /** `https://management.azure.com`. */
  readonly audience: string;
  readonly served: () => readonly GraphResource[];
  readonly storage: ManagedStorage;
}): ResourceManager {
  const resources: GraphResource[] = [];
  const queries: GraphRequest[] = [];
  const faults: ResourceManager['faults'] = [];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response
        .writeHead(status, {
          'content-type': 'application/json; charset=utf-8',
          'x-ms-request-id': randomUUID(),
          ...headers,
        })
        .end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const refuse = (status: number, code: string, message: string): void => send(status, { error: { code, message } });
    const body = parse(await text(request));
    const authentication = parts.identities.authenticate(request.headers.authorization, parts.audience);
    if (!('identity' in authentication)) return refuse(401, 'AuthenticationFailed', 'Authentication failed.');
    const url = new URL(request.url ?? '/', parts.audience);
    if (request.method === 'GET') {
      const fault = faults.shift();
      if (fault !== undefined) return send(fault.status, fault.body, fault.headers);
      const answer = answerStorageQuestion(url, parts.storage, (action) => mayDo(authentication.identity, action));
      return 'code' in answer ? refuse(answer.status, answer.code, answer.message) : send(200, answer);
    }
    if (url.searchParams.get('api-version') !== '2022-10-01')
      return refuse(400, 'InvalidApiVersionParameter', 'The api-version is invalid.');
    if (request.method !== 'POST' || url.pathname !== path)
      return refuse(404, 'InvalidResourceType', 'There is no such resource.');
    queries.push(body);
    const fault = faults.shift();
    if (fault !== undefined) return send(fault.status, fault.body, fault.headers);

    const { query, subscriptions, options } = body;
    if (typeof query !== 'string') return refuse(400, 'BadRequest', 'The query is missing.');
    if (options?.resultFormat !== 'objectArray')
      return refuse(400, 'BadRequest', 'The stand-in answers object arrays only.');
    const wanted = subscriptions?.map((id) => id.toLowerCase());
    const visible = authentication.identity.dataActions.has(seeSources) ? [...parts.served(), ...resources] : [];
    const inScope = visible.filter((one) => wanted?.includes(one.subscriptionId.toLowerCase()) ?? true);
    try {
      const rows = answerGraphQuery(query, inScope);
      const from = Number(options.$skipToken ?? 0);
      const data = rows.slice(from, from + pageSize);
      const next = from + pageSize < rows.length ? { $skipToken: String(from + pageSize) } : {};
      const counts = { totalRecords: rows.length, count: data.length, resultTruncated: 'false', facets: [] };
      send(
        200,
        { ...counts, data, ...next },
        { 'x-ms-user-quota-remaining': '14', 'x-ms-user-quota-resets-after': '00:00:05' },
      );
    } catch (error) {
      if (!(error instanceof InvalidQuery)) throw error;
      refuse(400, 'BadRequest', error.message);
    }
  }

  return { handle, resources, storage: parts.storage, queries, faults };
}

function parse(body: string): GraphRequest {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}
