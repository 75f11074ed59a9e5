import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

export interface ServiceAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ServiceRequest {
  readonly url: URL;
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent?: https.Agent;
}

const maxTries = 4;
const isPassing = (status: number): boolean => [408, 429, 500, 502, 503, 504].includes(status);

/**
 * Sends a request until it is answered by more than a passing failure, with the patience of .NET's clients: four tries,
 * the first two `retryDelayMs` apart, twice that from then on.
 * @returns the last answer, a refusal too. @throws when the last try got none.
 */
export async function requestPatiently(request: ServiceRequest, retryDelayMs: number): Promise<ServiceAnswer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await sendOnce(request).catch((error: Error) => error);
    const isAnswer = !(answer instanceof Error);
    if (isAnswer && (tries === maxTries || !isPassing(answer.status))) return answer;
    if (!isAnswer && tries === maxTries) throw answer;
    await delay(retryDelayMs * 2 ** (tries - 1));
  }
}

function sendOnce({ url, method = 'GET', headers, body = '', agent }: ServiceRequest): Promise<ServiceAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ServiceAnswer>();
  const length = method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) };
  const { request } = url.protocol === 'http:' ? http : https;
  const sent = request(url, { method, headers: { ...headers, ...length }, ...(agent && { agent }) }, (response) => {
    const { statusCode: status = 0, headers: received } = response;
    buffer(response).then((bytes) => resolve({ status, headers: received, body: bytes.toString('utf8') }), reject);
  });
  sent.once('error', reject);
  sent.end(body);
  return promise;
}
