import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';

/** Asks Azurite, in the caller's name, whether the blob of a request is there. */
export async function blobExists(
  request: IncomingMessage,
  azurite: { readonly agent: https.Agent; readonly port: number },
): Promise<boolean> {
  const { host = '', authorization = '', 'x-ms-version': version = '' } = request.headers;
  const head = https.request({
    agent: azurite.agent,
    host: '127.0.0.1',
    port: azurite.port,
    servername: host.replace(/:\d+$/, ''),
    method: 'HEAD',
    path: new URL(request.url ?? '/', 'https://storage.local').pathname,
    headers: { host, authorization, 'x-ms-version': version },
  });
  head.end();
  const [answer] = (await once(head, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode === 200;
}
