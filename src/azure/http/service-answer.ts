import { OutOfTime, ServiceError, type ServiceName } from '../../escrow/model/service-error.ts';
import { failureKindOf, type ServiceRefusal, unknownCodeOf } from './failure-kind-of.ts';
import { identityErrorOf, isIdentityError } from './identity-error.ts';

/** Who a client asks: one service, at one host. */
export interface Peer {
  readonly service: ServiceName;
  readonly host: string;
}

/** The parts of an HTTP answer that an error is made from; both SDK generations fit it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | undefined };
  readonly bodyAsText?: string | null | undefined;
}

/** Key Vault's and Managed HSM's error body: `{"error":{"code","message","innererror":{"code"}}}`; it may be empty. */
export function keyVaultErrorOf(answer: HttpAnswer, peer: Peer): ServiceError {
  const error = asObject(parseObject(answer.bodyAsText)?.error);
  const refusal = {
    service: peer.service,
    statusCode: answer.status,
    code: textOf(error, 'code') ?? unknownCodeOf(answer.status),
    innerCode: textOf(asObject(error.innererror), 'code'),
    requestId: answer.headers.get('x-ms-request-id'),
    message: textOf(error, 'message')?.slice(0, maxMessageLength) ?? wordsOfNone(answer.status, answer.bodyAsText),
  };
  return errorOf(refusal, peer.host, answer);
}

function errorOf(refusal: ServiceRefusal, host: string, answer: HttpAnswer | undefined, cause?: Error): ServiceError {
  const retryAfterMs = answer && retryAfterOf(answer);
  const said = { ...refusal, kind: failureKindOf(refusal), host, retryAfterMs };
  return new ServiceError(refusal.message, said, cause && { cause });
}

/** What came cannot be the service's answer: it is cut short, of another form, or something on the way sent it. */
export function invalidAnswer(message: string, peer: Peer): ServiceError {
  return new ServiceError(message, { ...peer, kind: 'invalidAnswer', code: 'InvalidAnswer' });
}

// The longest that a service was seen to send has 900 characters; what stands between may send anything.
const maxMessageLength = 2000;

/** The words for an answer in which the service says nothing. A web page is described by its title, which often names its sender. */
function wordsOfNone(statusCode: number | undefined, body: string | null | undefined): string {
  if (!/^\s*<(!doctype html|html|head|body)\b/i.test(body ?? ''))
    return `the service answered ${statusCode ?? 'nothing'} without an explanation`;
  const [, title = ''] = /<title[^>]*>([^<]{1,100})/i.exec(body ?? '') ?? [];
  const named = title.replace(/[\p{C}\s]+/gu, ' ').trim();
  return `a web page came instead of an answer${named && `, "${named}"`}`;
}

// What stands between us and the service may answer anything; only what is in the right places is believed.

/** The members of the JSON object that a text is; undefined for every other text. */
export function parseObject(text: string | null | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** The members of an object; none of anything else. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(object: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = object[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

// The services ask for seconds. A header that says hours is a mistake on the way, and would hold the source night after
// night in this process; asking once in ten minutes harms nobody.
const maxRetryAfterMs = 10 * 60_000;

/**
 * `Retry-After` in seconds or as a date, or the millisecond forms of Azure, at most ten minutes; undefined when the answer
 * has none.
 */
export function retryAfterOf(answer: HttpAnswer): number | undefined {
  const delayMs = readRetryAfter(answer);
  return delayMs === undefined ? undefined : Math.min(delayMs, maxRetryAfterMs);
}

function readRetryAfter({ headers }: HttpAnswer): number | undefined {
  const milliseconds = headers.get('retry-after-ms') ?? headers.get('x-ms-retry-after-ms');
  if (milliseconds !== undefined && /^\d+$/.test(milliseconds)) return Number(milliseconds);
  const text = headers.get('retry-after');
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Date.parse takes "1.5" and "-5" for days of the year 2001; an HTTP date ends in GMT.
  if (!text.endsWith('GMT')) return undefined;
  const sent = Date.parse(headers.get('date') ?? '');
  const until = Date.parse(text) - (Number.isNaN(sent) ? Date.now() : sent);
  return Number.isNaN(until) ? undefined : Math.max(until, 0);
}

/** What the SDKs throw when the way to an answer failed, or when storage refused. */
interface SdkError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  readonly response?: HttpAnswer;
}

/** Anything thrown by an SDK or a token credential as what was said, `cause` kept. Ours pass through. */
export function toServiceError(error: unknown, { service, host }: Peer): Error {
  if (error instanceof ServiceError || error instanceof OutOfTime) return error;
  if (!(error instanceof Error)) return new Error(String(error));
  if (isIdentityError(error)) return identityErrorOf(error, host);
  // A bug of ours is not an answer of the service.
  if (error instanceof TypeError || error instanceof RangeError) return error;
  const { code, response } = error as SdkError;
  const statusCode = (error as SdkError).statusCode ?? response?.status;
  const message = wordsOf(error, statusCode);
  const refusal = {
    service,
    statusCode,
    code: response?.headers.get('x-ms-error-code') ?? code ?? ownCode(message, statusCode),
    requestId: response?.headers.get('x-ms-request-id'),
    message,
  };
  return errorOf(refusal, host, response, error);
}

function ownCode(message: string, statusCode: number | undefined): string {
  if (statusCode !== undefined) return unknownCodeOf(statusCode);
  // The SDK's own check that a source asks for a token of its own domain.
  return /^The challenge resource .* does not match the requested domain/.test(message)
    ? 'ForeignChallenge'
    : 'NoAnswer';
}

/**
 * What the answer says, as one line: storage repeats request id and time on further lines, which are fields of ours; why a
 * token was refused stands in a detail of its own; an answer to a HEAD says nothing at all; the SDK of queues leaves the service's
 * words in the body; and its advice to switch off its check of the challenge is never repeated.
 */
function wordsOf(error: SdkError, statusCode: number | undefined): string {
  const body = error.response?.bodyAsText ?? '';
  if (error.code === 'PARSE_ERROR') return 'the answer cannot be read: it is cut short, or of another form';
  const [line = ''] = error.message.split('\n', 1);
  const [, detail] = /<AuthenticationErrorDetail>([^<]*)</.exec(body) ?? [];
  const words = line.replace(/ Set disableChallengeResourceVerification.*$/, '').trim();
  if (words === '' || words.startsWith('<') || words.startsWith('Unexpected status code:')) {
    const [, message = ''] = /<Message>([^<\n]*)/.exec(body) ?? [];
    return message || wordsOfNone(statusCode, body);
  }
  return (detail ? `${words} ${detail}` : words).slice(0, maxMessageLength);
}
