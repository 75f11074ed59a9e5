import https from 'node:https';
import { text } from 'node:stream/consumers';
import { askStorage, type LoopbackStorage } from './ask-storage.ts';

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
  const { blobHost, queueHost, token } = options;
  const gate = { agent: new https.Agent({ ca: options.ca }), port: options.gatePort };
  for (const container of options.containers) await put(gate, token, blobHost, `/${container}?restype=container`);
  for (const queue of options.queues) await put(gate, token, queueHost, `/${queue}`);
}

async function put(gate: LoopbackStorage, token: string, host: string, path: string): Promise<void> {
  const response = await askStorage(gate, 'PUT', path, {
    host,
    authorization: `Bearer ${token}`,
    'x-ms-version': '2024-11-04',
    'x-ms-date': new Date().toUTCString(),
    'content-length': '0',
  });
  const body = await text(response);
  // 204: a queue that exists; 409 ContainerAlreadyExists.
  if (![201, 204, 409].includes(response.statusCode ?? 0)) {
    throw new Error(`Cannot create https://${host}${path} in the local Azure: ${response.statusCode} ${body}`);
  }
}
