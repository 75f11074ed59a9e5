import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type HttpAnswer,
  keyVaultErrorOf,
  retryAfterOf,
  toServiceError,
} from '../../../src/azure/http/service-answer.ts';
import { OutOfTime } from '../../../src/escrow/model/service-error.ts';
import { answered } from '../../support/answers.ts';
import { fromNow, minute, now } from '../../support/now.ts';

const host = 'contoso-prod.vault.azure.net';

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const bodyAsText = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return { status, bodyAsText, headers: { get: (name) => headers[name.toLowerCase()] } };
}

describe('an error of Key Vault', () => {
  test("keeps the service's status, both codes, words and request id", () => {
    const body = {
      error: { code: 'Forbidden', message: 'Caller is not authorized.', innererror: { code: 'ForbiddenByRbac' } },
    };
    expect(
      keyVaultErrorOf(answer(403, body, { 'x-ms-request-id': 'r-1' }), { service: 'Key Vault', host }),
    ).toMatchObject({
      name: 'ServiceError',
      message: 'Caller is not authorized.',
      service: 'Key Vault',
      host,
      statusCode: 403,
      code: 'Forbidden',
      innerCode: 'ForbiddenByRbac',
      requestId: 'r-1',
      retryAfterMs: undefined,
    });
  });

  test.each([
    ['empty', ''],
    ['missing', undefined],
    ['no JSON', 'Bad gateway'],
    ['cut', '{"error":{"code":"Thro'],
    ['null', 'null'],
    ['of another shape', '{"message":"x"}'],
    ['one whose error is text', '{"error":"invalid_client"}'],
    ['one whose error is null', '{"error":null}'],
    ['one whose fields are no text', { error: { code: 7, message: { toString: 1 }, innererror: { code: [] } } }],
  ])('whose body is %s keeps its status', (_, body) => {
    expect(keyVaultErrorOf(answer(429, body), { service: 'Managed HSM', host })).toMatchObject({
      statusCode: 429,
      code: 'Http429',
      innerCode: undefined,
      message: 'the service answered 429 without an explanation',
    });
  });

  test.each([
    ['<!DOCTYPE html>\n<html><head><title>Blocked by\u001b policy</title>', ', "Blocked by policy"'],
    ['<html><body>Sorry</body></html>', ''],
    [`<html><title>${'x'.repeat(500)}</title>`, `, "${'x'.repeat(100)}"`],
  ])('that is a web page (%j) is described by its title', (body, title) => {
    const { message } = keyVaultErrorOf(answer(403, body), { service: 'Key Vault', host });
    expect(message).toBe(`a web page came instead of an answer${title}`);
  });

  test('whose words have no end is reported as far as anybody would read', () => {
    const error = { code: 'Odd', message: 'x'.repeat(100_000) };
    expect(keyVaultErrorOf(answer(400, { error }), { service: 'Key Vault', host }).message.length).toBe(2000);
  });

  test('is never a reason to throw, whatever the body', () => {
    const part = fc.oneof(fc.string(), fc.jsonValue());
    const inner = fc.record({ code: part }, { requiredKeys: [] });
    const error = fc.record(
      { code: part, message: part, innererror: fc.oneof(inner, fc.jsonValue()) },
      { requiredKeys: [] },
    );
    const bodies = fc.oneof(fc.record({ error: fc.oneof(error, fc.jsonValue()) }), fc.jsonValue());
    fc.assert(
      fc.property(bodies, (body) => {
        const { code, innerCode, message } = keyVaultErrorOf(answer(500, JSON.stringify(body)), {
          service: 'Key Vault',
          host,
        });
        expect([typeof code, typeof message]).toEqual(['string', 'string']);
        expect(['string', 'undefined']).toContain(typeof innerCode);
      }),
      { numRuns: 2000 },
    );
  });
});

// fixed dates: the clock of these answers is their own Date header.
describe('Retry-After', () => {
  const date = 'Tue, 24 Nov 2026 14:00:00 GMT';

  test.each([
    [{}, undefined],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': 'Tue, 24 Nov 2026 14:00:09 GMT', date }, 9000],
    [{ 'retry-after': 'Tue, 24 Nov 2026 13:59:00 GMT', date }, 0],
    [{ 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    [{ 'x-ms-retry-after-ms': '1500' }, 1500],
    [{ 'retry-after-ms': 'soon', 'retry-after': '7' }, 7000],
    [{ 'retry-after': 'soon', date }, undefined],
    [{ 'retry-after': '-5', date }, undefined],
    [{ 'retry-after': '1.5', date }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': '86400' }, 600_000],
    [{ 'retry-after': '9'.repeat(400) }, 600_000],
    [{ 'retry-after': 'Wed, 24 Nov 2027 14:00:00 GMT', date }, 600_000],
  ])('%j gives %s ms', (headers, expected) => {
    expect(retryAfterOf(answer(429, '', headers as Record<string, string>))).toBe(expected);
  });

  test('as a date without a Date header is counted from now', () => {
    const at = fromNow(minute).toUTCString();
    const until = (instant: Date) => Date.parse(at) - instant.getTime();
    const before = now();
    const milliseconds = retryAfterOf(answer(429, '', { 'retry-after': at })) ?? Number.NaN;
    expect(milliseconds).toBeGreaterThanOrEqual(until(now()));
    expect(milliseconds).toBeLessThanOrEqual(until(before));
  });
});

describe('what an SDK throws', () => {
  const told = (error: unknown) =>
    toServiceError(error, { service: 'Blob Storage', host: 'escrow.blob.core.windows.net' });

  test('of the connection keeps its code and its cause, and has no status', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    expect(told(reset)).toMatchObject({
      name: 'ServiceError',
      code: 'ECONNRESET',
      statusCode: undefined,
      cause: reset,
    });
    expect(told(new Error('socket hang up'))).toMatchObject({ code: 'NoAnswer', statusCode: undefined });
  });

  test('of storage keeps status, code, request id and the first line', () => {
    const headers = { 'x-ms-error-code': 'BlobAlreadyExists', 'x-ms-request-id': 'r-2', 'retry-after': '3' };
    const error = Object.assign(new Error('The specified blob already exists.\nRequestId:r-2\nTime:x'), {
      name: 'RestError',
      statusCode: 409,
      code: 'BlobAlreadyExists',
      response: answer(409, '', headers),
    });
    expect(told(error)).toMatchObject({
      message: 'The specified blob already exists.',
      statusCode: 409,
      code: 'BlobAlreadyExists',
      requestId: 'r-2',
      retryAfterMs: 3000,
    });
  });

  test.each([
    ['a web page', undefined, '<!DOCTYPE html>', '<!DOCTYPE html>\n<title>Sign in</title>', /^a web page .*"Sign in"$/],
    [
      'a refusal of queues',
      undefined,
      'Unexpected status code: 403',
      '<Message>Denied.\nTime:x</Message>',
      /^Denied\.$/,
    ],
    [
      'a body cut short',
      'PARSE_ERROR',
      `Error "[object Object]" while parsing <a${'x'.repeat(9000)}`,
      '',
      /^the answer cannot be read/,
    ],
  ])('of %s says what there is to read in it', (_, code, message, body, words) => {
    const response = answer(403, body);
    const thrown = Object.assign(new Error(message), {
      name: 'RestError',
      statusCode: 403,
      ...(code && { code }),
      response,
    });
    expect((told(thrown) as Error).message).toMatch(words);
  });

  test('of the identity is reported as the identity, not as the source', () => {
    for (const name of ['AuthenticationError', 'CredentialUnavailableError', 'AggregateAuthenticationError']) {
      const error = Object.assign(new Error('no managed identity'), { name });
      expect(told(error)).toMatchObject({ service: 'identity', code: name, cause: error });
    }
  });

  test('passes as it is when it is ours already, or a bug', () => {
    const ours = [answered('Key Vault', { code: 'x' }), new OutOfTime(), new TypeError('x'), new RangeError('x')];
    for (const error of ours) expect(told(error)).toBe(error);
  });

  test('need not even be an error', () => {
    expect(told('nonsense')).toEqual(new Error('nonsense'));
  });
});
