import https, { type AgentOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { KeyClient } from '@azure/keyvault-keys';
import { afterEach, beforeEach, inject } from 'vitest';
import {
  createIdentityRegistry,
  type IdentityRegistry,
  type LocalIdentity,
} from '../../../local-azure/identity/identities.ts';
import { dataActionOf, operations } from '../../../local-azure/key-vault/data-actions.ts';
import type { LocalSource } from '../../../local-azure/key-vault/local-source.ts';
import { createKeyVaultService, type KeyVaultServiceOptions } from '../../../local-azure/key-vault/service.ts';
import { serveTls } from '../../../local-azure/network/loopback.ts';
import { fromNow, hour } from '../../support/now.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are whatever the service sends; the tests assert on their parts.
  readonly json: any;
}

export interface RawRequest {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The all-powerful identity by default; null sends no token. */
  readonly identity?: LocalIdentity | null;
}

export const everyDataAction = (Object.keys(operations) as (keyof typeof operations)[]).flatMap((operation) => [
  dataActionOf('vault', operation),
  dataActionOf('managedHsm', operation),
]);

export type ServedKeyVault = Awaited<ReturnType<typeof serveKeyVault>>;

/** The stand-in behind real TLS on a free port, with clients that reach it under its real host names. The owner may do everything. */
export async function serveKeyVault(options: Omit<KeyVaultServiceOptions, 'identities'> = {}) {
  const certificates = inject('certificates');
  const identities = createIdentityRegistry(options.now);
  const owner = identities.add('owner', everyDataAction);
  const service = createKeyVaultService({ ...options, identities });
  const { port, stop } = await serveTls(certificates, service.handle);
  const agent = loopbackAgent(port, certificates.ca);
  return {
    service,
    identities,
    owner,
    client: (source: LocalSource, identity = owner) =>
      new KeyClient(source.url, credential(identities, identity), { agent, retryOptions: { maxRetries: 0 } }),
    /** Sends one request as it is. @param url absolute, or with a source's url in front. */
    send: (url: string, request: RawRequest = {}) =>
      send(agent, identities, request.identity === undefined ? owner : request.identity, url, request),
    async stop() {
      agent.destroy();
      await stop();
    },
  };
}

/** One for each test of a file, there while it runs. */
export function useKeyVault(options?: Parameters<typeof serveKeyVault>[0]): ServedKeyVault {
  const served = {} as ServedKeyVault;
  beforeEach(async () => void Object.assign(served, await serveKeyVault(options)));
  afterEach(() => served.stop());
  return served;
}

/** Every host is this one server; TLS still verifies the requested name. */
function loopbackAgent(port: number, ca: string): https.Agent {
  const agent = new https.Agent({ keepAlive: true, ca });
  agent.createConnection = (options: AgentOptions) =>
    tls.connect({ host: '127.0.0.1', port, ca, servername: options.servername ?? options.host ?? '' });
  return agent;
}

function credential(identities: IdentityRegistry, identity: LocalIdentity) {
  return {
    getToken: async (scopes: string | string[]) => ({
      token: identities.issueToken(identity, String(scopes).replace('/.default', ''), 3600),
      expiresOnTimestamp: fromNow(hour).getTime(),
    }),
  };
}

async function send(
  agent: https.Agent,
  identities: IdentityRegistry,
  identity: LocalIdentity | null,
  url: string,
  request: RawRequest,
): Promise<RawAnswer> {
  const { hostname } = new URL(url);
  const audience = `https://${hostname.split('.').slice(1).join('.')}`;
  const body = request.body === undefined ? '' : JSON.stringify(request.body);
  const outgoing = https.request(url, {
    agent,
    method: request.method ?? 'GET',
    headers: {
      'content-length': String(Buffer.byteLength(body)),
      ...(body === '' ? {} : { 'content-type': 'application/json' }),
      ...(identity === null ? {} : { authorization: `Bearer ${identities.issueToken(identity, audience, 3600)}` }),
      ...request.headers,
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  outgoing.once('error', reject);
  outgoing.once('response', (response) => {
    text(response).then((received) => {
      const isJson = response.headers['content-type']?.startsWith('application/json') === true && received !== '';
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: received,
        json: isJson ? JSON.parse(received) : undefined,
      });
    }, reject);
  });
  outgoing.end(body);
  return promise;
}
