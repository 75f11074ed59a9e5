import type { OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import type { TestAzure } from './local-azure.ts';
import { useTlsHost } from './tls-host.ts';

/** Answers with JSON. */
export function answerJson(response: ServerResponse, status: number, body: object, headers: OutgoingHttpHeaders = {}) {
  return response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** As a vault does, asks whoever brings no token for one, and lets `answer` do the rest. */
export const challenging =
  (answer: RequestListener): RequestListener =>
  (request, response) => {
    if (request.headers.authorization !== undefined) return answer(request, response);
    const words = 'Bearer authorization="https://login.windows.net/t", resource="https://vault.azure.net"';
    request.resume();
    return answerJson(response, 401, {}, { 'www-authenticate': words });
  };

/** A vault of a test file with keys whose times are these, whatever they are: active, with one version, and deleted. */
export function useOddVault(azure: TestAzure, host: string, times: Readonly<Record<string, unknown>>) {
  const version = '0123456789abcdef';
  const answer: RequestListener = ({ url = '' }, response) => {
    const [, folder, name = '', last] = new URL(url, `https://${host}`).pathname.split('/');
    const value = (name === '' ? Object.keys(times) : [name]).map((key) => ({
      kid: `https://${host}/keys/${key}${last === 'versions' ? `/${version}` : ''}`,
      attributes: { enabled: true, created: times[key], updated: times[key] },
    }));
    if (name === '' || last === 'versions') return answerJson(response, 200, { value });
    const recoveryId = `https://${host}/deletedkeys/${name}`;
    const deleted = { recoveryId, deletedDate: times[name], scheduledPurgeDate: times[name] };
    const key = { kid: `${value[0]?.kid}/${version}`, kty: 'oct' };
    return answerJson(response, 200, { ...value[0], key, ...(folder === 'deletedkeys' && deleted) });
  };
  return useTlsHost(azure, [host], challenging(answer));
}
