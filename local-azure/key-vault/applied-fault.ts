import { type Answer, errorAnswer } from './answer.ts';
import { challenge } from './challenge.ts';
import type { FaultEffect } from './faults.ts';
import { forbidden, operationInProgress, type RefusedCall, throttled } from './service-errors.ts';

/** The answer that a fault gives instead of any work; undefined for faults of the connection or of the work's answer. */
export function answerInstead(effect: FaultEffect, call: RefusedCall): Answer | undefined {
  switch (effect.kind) {
    case 'throttle':
      return { ...throttled, headers: retryAfterHeader(effect.retryAfter) };
    case 'status': {
      const { status, code = defaultCodes[status] ?? 'InternalError' } = effect;
      const headers = retryAfterHeader(effect.retryAfter);
      if (effect.emptyBody === true) return { status, headers };
      const { message = `The service answered ${status}.`, innerCode } = effect;
      return { ...errorAnswer(status, code, message, innerCode), headers };
    }
    case 'conflict':
      return operationInProgress(call.operation, call.keyName ?? '');
    case 'expireToken':
      return challenge(call.source.kind, call.source.audience, 'expired');
    case 'foreignChallenge':
      return challenge(call.source.kind, effect.resource, 'missing');
    case 'forbidden':
      return forbidden(effect.reason, call);
    case 'redirect':
      return { status: 307, headers: { Location: effect.location } };
    case 'notJson':
      return {
        status: 200,
        headers: { 'Content-Type': 'text/html; charset=utf-8' },
        text: '<!DOCTYPE html><html><head><title>Please sign in</title></head><body>Your session has ended.</body></html>',
      };
    default:
      return undefined;
  }
}

/** The answer of the work, spoiled. `self` is the URL of the request, for a listing that goes in circles. */
export function spoiled(effect: FaultEffect, answer: Answer, self: string): Answer {
  if (answer.status !== 200) return answer;
  const body = answer.body as Record<string, unknown>;
  switch (effect.kind) {
    case 'emptyValue':
      return { ...answer, body: { ...body, value: '' } };
    case 'missingValue':
      return { ...answer, body: Object.fromEntries(Object.entries(body).filter(([name]) => name !== 'value')) };
    case 'foreignNextLink':
      return { ...answer, body: { ...body, nextLink: self.replace(new URL(self).host, effect.host) } };
    case 'loopNextLink':
      return { ...answer, body: { ...body, nextLink: self } };
    default:
      return answer;
  }
}

const defaultCodes: Readonly<Record<number, string>> = {
  408: 'RequestTimeout',
  500: 'InternalServerError',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

function retryAfterHeader(retryAfter: number | Date | undefined): Record<string, string> {
  if (retryAfter === undefined) return {};
  return { 'Retry-After': retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter) };
}
