import { AsyncLocalStorage } from 'node:async_hooks';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { KeyClientOptions } from '@azure/keyvault-keys';
import { ServiceError } from '../../escrow/model/service-error.ts';
import { type ConflictWait, conflictWaitsMs } from '../../escrow/ports/conflict-wait.ts';
import type { Clock } from '../http/clock.ts';
import { hostGuard } from '../http/connection.ts';
import type { Pacer } from '../http/pacer.ts';
import { withRetries } from '../http/retry.ts';
import { invalidAnswer, keyVaultErrorOf, type Peer, parseObject } from '../http/service-answer.ts';
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

/**
 * Client options under which the SDK reports what happened: its own retries are off, every attempt is paced, timed and retried
 * here, and a refusal is thrown from the answer itself, because the SDK loses an empty body's status and a list error's
 * inner code. Fresh options for each client: the SDK mutates them.
 * @param waiting is called before a wait for another operation on the same key.
 */
export function keyVaultPipeline(
  peer: Peer,
  pacer: Pacer,
  clock: Clock,
  waiting: (wait: Omit<ConflictWait, 'source'>) => void,
): KeyClientOptions {
  const call: PipelinePolicy = {
    name: 'escrowCall',
    sendRequest(request, next) {
      const context = callContext.getStore();
      if (context === undefined) throw new Error('a Key Vault call without its context');
      refuseLoop(request.url, context.pages, peer);
      const attempt = async (timeout: AbortSignal) => {
        request.abortSignal = timeout;
        const response = await next(request);
        // 3xx too: a redirect to another host comes through unfollowed.
        if (response.status >= 300) throw keyVaultErrorOf(response, peer);
        if (context.answer)
          context.answer.time = validServiceDate(new Date(response.headers.get('date') ?? Number.NaN));
        if (!isAnswer(response.status, response.bodyAsText, change)) throw invalidAnswer(notAnAnswer, peer);
        return response;
      };
      const change = keyChangeOf(request.method, request.url);
      return withRetries(attempt, {
        clock,
        pacer,
        transient: change && {
          waitsMs: conflictWaitsMs,
          includes: isTransientConflict,
          waiting: (refusal, ms) => waiting({ ...change, refusal, ms }),
        },
        deadline: context.deadline,
        peer,
      });
    },
  };
  return {
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [
      { policy: call, position: 'perCall' },
      { policy: hostGuard(peer), position: 'perRetry' },
    ],
  };
}

function refuseLoop(url: string, pages: Set<string> | undefined, peer: Peer): void {
  if (pages?.has(url)) {
    const fault = 'the listing goes round in a circle: its nextLink leads to a page already read';
    throw new ServiceError(fault, { ...peer, kind: 'misrouted', code: 'NextLinkLoop' });
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
