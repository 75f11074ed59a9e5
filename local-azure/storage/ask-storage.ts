import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import https from 'node:https';

/** A storage service behind TLS on loopback, and the connections to it. */
export interface LoopbackStorage {
  readonly agent: https.Agent;
  readonly port: number;
}

/** Sends a request without a body. @param headers with the host that the service is meant to be. */
export async function askStorage(
  { agent, port }: LoopbackStorage,
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
): Promise<IncomingMessage> {
  const servername = (headers.host ?? '').replace(/:\d+$/, '');
  const defined = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  const request = https.request({ agent, host: '127.0.0.1', port, servername, method, path, headers: defined });
  request.end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return answer;
}

/** What Azurite says, in the caller's name, of the blob of a request. */
export async function headBlob({ url, headers }: IncomingMessage, azurite: LoopbackStorage): Promise<IncomingMessage> {
  const { host, authorization, 'x-ms-version': version } = headers;
  const { pathname } = new URL(url ?? '/', 'https://storage.local');
  const answer = await askStorage(azurite, 'HEAD', pathname, { host, authorization, 'x-ms-version': version });
  return answer.resume();
}
