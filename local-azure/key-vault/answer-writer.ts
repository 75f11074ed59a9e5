import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import type { LocalSourceKind } from './data-actions.ts';
import { location } from './service-errors.ts';

interface AnswerContext {
  readonly kind: LocalSourceKind;
  readonly requestId: string;
  readonly clientRequestId: string | undefined;
  readonly isAuthorized: boolean;
}

/** An answer as bytes and headers, complete and ready to send. */
interface RenderedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const json = 'application/json; charset=utf-8';

/** Headers are those of the recordings; a vault echoes the client's request id, a Managed HSM does not. */
export function renderAnswer(answer: Answer, context: AnswerContext): RenderedAnswer {
  const text = answer.text ?? textOf(answer, context);
  const body = Buffer.from(text, 'utf8');
  const isJson = body.length > 0 || context.kind === 'managedHsm';
  const headers = {
    'Cache-Control': 'no-cache',
    'Content-Length': String(body.length),
    ...(isJson ? { 'Content-Type': json } : {}),
    ...(context.kind === 'vault' ? vaultHeaders(context) : hsmHeaders()),
    'x-ms-keyvault-network-info': 'conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;',
    'x-ms-keyvault-region': location,
    'x-ms-request-id': context.requestId,
    'X-Content-Type-Options': 'nosniff',
    ...answer.headers,
  };
  return { status: answer.status, headers, body };
}

export function sendAnswer(response: ServerResponse, answer: RenderedAnswer): void {
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

/** Half of the body under the length of the whole, then the connection is cut. */
export function sendTruncated(response: ServerResponse, answer: RenderedAnswer): void {
  response.writeHead(answer.status, answer.headers);
  response.write(answer.body.subarray(0, answer.body.length >> 1), () => response.socket?.destroy());
}

function textOf({ error, body }: Answer, { kind, requestId }: AnswerContext): string {
  if (error === undefined) return body === undefined ? '' : JSON.stringify(body);
  const { code, message, innerCode } = error;
  const activity = kind === 'managedHsm' ? ` (Activity ID: ${requestId})` : '';
  const innererror = innerCode && { code: innerCode };
  return JSON.stringify({ error: { code, message: message + activity, innererror } });
}

function vaultHeaders(context: AnswerContext): Record<string, string> {
  return {
    Pragma: 'no-cache',
    Expires: '-1',
    'Strict-Transport-Security': 'max-age=31536000;includeSubDomains',
    'x-ms-keyvault-service-version': '1.9.576.1',
    ...(context.clientRequestId !== undefined && { 'x-ms-client-request-id': context.clientRequestId }),
    ...(context.isAuthorized && {
      'x-ms-keyvault-rbac-assignment-id': '0b5c37e2-546f-5f67-b775-71961d2f0c3d',
      'x-ms-keyvault-rbac-cache': 'ra_age=319;da_age=559;rd_age=559;brd_age=19879;ra_notif_age=695;dec_lev=1;',
    }),
  };
}

function hsmHeaders(): Record<string, string> {
  return {
    'Content-Security-Policy': "default-src 'self'",
    'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
    'X-Frame-Options': 'SAMEORIGIN',
    'x-ms-build-version': '1.0.20221011-1-b82851ba-develop',
    'x-ms-server-latency': '1',
  };
}
