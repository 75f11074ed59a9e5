import type { IncomingMessage, RequestListener } from 'node:http';
import https from 'node:https';
import { afterAll, inject } from 'vitest';
import type { LocalAzure } from '../../local-azure/local-azure.ts';
import type { Certificates } from '../../local-azure/network/certificates.ts';
import { listenOnLoopback } from '../../local-azure/network/loopback.ts';

export type TlsHost = Awaited<ReturnType<typeof startTlsHost>>;

/** A server over real TLS that answers as a test says, under host names that lead to it from now on. */
export async function startTlsHost(
  azure: LocalAzure,
  hosts: readonly string[],
  answer: RequestListener,
  { certificate, key }: Certificates = inject('certificates'),
) {
  /** `<host><path and query>` of every request that arrived, in order. */
  const asked: string[] = [];
  /** The Authorization headers that came with them. */
  const authorizations: (string | undefined)[] = [];
  const server = https.createServer({ cert: certificate, key }, (request, response) => {
    asked.push(urlOf(request));
    authorizations.push(request.headers.authorization);
    answer(request, response);
  });
  const { port, stop } = await listenOnLoopback(server);
  for (const host of hosts) azure.proxy.route(host, port);
  return { port, asked, authorizations, [Symbol.asyncDispose]: stop };
}

/** The same for a whole test file. */
export async function useTlsHost(...options: Parameters<typeof startTlsHost>) {
  const host = await startTlsHost(...options);
  afterAll(() => host[Symbol.asyncDispose]());
  return host;
}

function urlOf({ headers, url }: IncomingMessage): string {
  return `${headers.host?.replace(/:443$/, '')}${url}`;
}
