import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';

/** Makes the containers and the queues as a deployment would, through the gate. What is there already is left alone. */
export async function createStorageLayout(options: {
  gatePort: number;
  ca: string;
  blobHost: string;
  queueHost: string;
  token: string;
  containers: readonly string[];
  queues: readonly string[];
}): Promise<void> {
  const { blobHost, queueHost } = options;
  for (const container of options.containers) await put(options, blobHost, `/${container}?restype=container`);
  for (const queue of options.queues) await put(options, queueHost, `/${queue}`);
}

async function put(way: { gatePort: number; ca: string; token: string }, host: string, path: string): Promise<void> {
  const request = https.request({
    host: '127.0.0.1',
    port: way.gatePort,
    servername: host,
    ca: way.ca,
    method: 'PUT',
    path,
    headers: {
      host,
      authorization: `Bearer ${way.token}`,
      'x-ms-version': '2024-11-04',
      'x-ms-date': new Date().toUTCString(),
      'content-length': 0,
    },
    agent: false,
  });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const body = await text(response);
  // 204: a queue that exists; 409 ContainerAlreadyExists.
  if (response.statusCode !== 201 && response.statusCode !== 204 && response.statusCode !== 409) {
    throw new Error(`Cannot create https://${host}${path} in the local Azure: ${response.statusCode} ${body}`);
  }
}
