import { AsyncLocalStorage } from 'node:async_hooks';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { KeyClientOptions } from '@azure/keyvault-keys';
import { ServiceError, type ServiceName } from '../../escrow/model/service-error.ts';
import { conflictWaitsMs } from '../../escrow/ports/conflict-wait.ts';
import type { Clock } from '../http/clock.ts';
import { hostGuard } from '../http/connection.ts';
import type { Pacer } from '../http/pacer.ts';
import { withRetries } from '../http/retry.ts';
import { invalidAnswer, keyVaultErrorOf, parseObject, toServiceError } from '../http/service-answer.ts';
import { validServiceDate } from '../http/valid-service-date.ts';
import { isTransientConflict, type KeyChange, keyChangeOf } from './transient-conflicts.ts';

/** What a call into the SDK carries to the pipeline; the SDK drops the caller's options on every page but the first. */
export interface CallContext {
  readonly deadline: AbortSignal;
  /** The pages that a listing has read already: it must never come to one twice. */
  readonly pages?: Set<string>;
  /** Filled by a call: the service's own time of its last answer, which the SDK keeps to itself. */
  readonly answer?: { time?: Date | undefined };
}

export const callContext = new AsyncLocalStorage<CallContext>();

export interface PipelineParts {
  readonly host: string;
  readonly service: ServiceName;
  readonly pacer: Pacer;
  readonly clock: Clock;
  /** Called before a wait for another operation on the same key. */
  waiting(change: KeyChange, refusal: ServiceError, ms: number): void;
}

/**
 * Client options under which the SDK reports what happened: its own retries are off, every attempt is paced, timed and retried
 * here, and a refusal is thrown from the answer itself, because the SDK loses an empty body's status and a list error's
 * inner code. Fresh options for each client: the SDK mutates them.
 */
export function keyVaultPipeline({ host, service, pacer, clock, waiting }: PipelineParts): KeyClientOptions {
  const call: PipelinePolicy = {
    name: 'escrowCall',
    sendRequest(request, next) {
      const context = callContext.getStore();
      if (context === undefined) throw new Error('a Key Vault call without its context');
      refuseLoop(request.url, context.pages, service, host);
      const attempt = async (timeout: AbortSignal) => {
        request.abortSignal = timeout;
        const response = await next(request);
        // 3xx too: a redirect to another host comes through unfollowed.
        if (response.status >= 300) throw keyVaultErrorOf(response, service, host);
        if (context.answer)
          context.answer.time = validServiceDate(new Date(response.headers.get('date') ?? Number.NaN));
        if (!isAnswer(response.status, response.bodyAsText, change)) throw invalidAnswer(notAnAnswer, service, host);
        return response;
      };
      const change = keyChangeOf(request.method, request.url);
      return withRetries(attempt, {
        clock,
        pacer,
        transient: change && {
          waitsMs: conflictWaitsMs,
          includes: isTransientConflict,
          waiting: (refusal, ms) => waiting(change, refusal, ms),
        },
        deadline: context.deadline,
        toServiceError: (error) => toServiceError(error, service, host),
      });
    },
  };
  return {
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [
      { policy: call, position: 'perCall' },
      { policy: hostGuard(host, service), position: 'perRetry' },
    ],
  };
}

function refuseLoop(url: string, pages: Set<string> | undefined, service: ServiceName, host: string): void {
  if (pages?.has(url)) {
    throw new ServiceError('the listing goes round in a circle: its nextLink leads to a page already read', {
      service,
      kind: 'misrouted',
      host,
      code: 'NextLinkLoop',
    });
  }
  pages?.add(url);
}

const notAnAnswer = 'the answer is not one of the service: it is cut short, or something on the way sent it';

/**
 * Whether this can be an answer of the service: a listing, a key, a backup, or nothing after a purge. What is cut short, or was sent by
 * something on the way, would be a bug further up; here it can still be requested again. A backup without bytes has an error of its own.
 */
function isAnswer(status: number, text: string | null | undefined, change: KeyChange | undefined): boolean {
  if (status === 204) return change?.operation === 'purge';
  const body = parseObject(text);
  if (change?.operation === 'backUp') return body !== undefined;
  const { value, key } = body ?? {};
  return Array.isArray(value) ? value.every(hasKid) : hasKid(key);
}

function hasKid(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'kid' in item && typeof item.kid === 'string';
}
