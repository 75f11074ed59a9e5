import type { FailureKind } from '../../escrow/model/failure-kind.ts';
import { OutOfTime, ServiceError } from '../../escrow/model/service-error.ts';
import type { Clock } from './clock.ts';
import type { Pacer } from './pacer.ts';
import { type Peer, toServiceError } from './service-answer.ts';
import { unlessAborted } from './unless-aborted.ts';

export interface RetryOptions {
  readonly clock: Clock;
  /** No attempt starts after it aborts. */
  readonly deadline: AbortSignal;
  /** Absent for storage, which no budget of ours protects. */
  readonly pacer?: Pacer;
  readonly peer: Peer;
  /** Refusals that pass by themselves, and how long to wait for it. Absent: none. */
  readonly transient?: TransientRefusals | undefined;
}

/** Refusals of an operation that goes through as soon as something else has ended. */
export interface TransientRefusals {
  /** Before one attempt after another; after the last the refusal is thrown. */
  readonly waitsMs: readonly number[];
  includes(error: ServiceError): boolean;
  /** Called before each wait. */
  waiting(error: ServiceError, ms: number): void;
}

const attemptTimeoutMs = 30_000;
const retries = 4;
const firstBackoffMs = 500;
/**
 * Of what may be over in a moment. A refused token is: the SDK has fetched a new one by then. So is an identity that the
 * endpoint does not know, just after the app has started.
 */
const transientKinds: readonly FailureKind[] = [
  ...(['throttled', 'unavailable', 'noAnswer', 'invalidAnswer', 'unreachable', 'tokenRefused'] as const),
  ...(['gatewayUnavailable', 'blockedByProxy'] as const),
  ...(['identityUnavailable', 'identityRefused', 'signInUnavailable'] as const),
];

/**
 * The only retry in the product (the SDKs' own are off). Every attempt passes the pacer and is cut after 30 s. 429 is waited
 * out for as long as there is time; other transient errors are retried 4 times, what `transient` includes for as long as its
 * waits last; all else is thrown at once.
 * @throws ServiceError what the service said last; OutOfTime with it as `cause` when time ran out while waiting.
 */
export async function withRetries<T>(
  attempt: (timeout: AbortSignal) => Promise<T>,
  { clock, deadline, pacer, peer, transient }: RetryOptions,
): Promise<T> {
  let last: Error | undefined;
  const outOfTime = (): never => {
    throw new OutOfTime({ cause: last });
  };
  for (let failed = 0, passed = 0; ; ) {
    if (deadline.aborted) outOfTime();
    const turn = await pacer?.turn(deadline).catch(outOfTime);
    const timeout = AbortSignal.timeout(attemptTimeoutMs);
    try {
      // Not every part of an attempt obeys the signal: a managed identity endpoint that stalls is waited for without it.
      const result = await unlessAborted(attempt(timeout), timeout, () => timeout.reason);
      if (turn !== undefined) pacer?.succeeded(turn);
      return result;
    } catch (error) {
      last = toServiceError(error, peer);
      if (timeout.aborted) last = timedOut(last, peer);
    }
    if (!(last instanceof ServiceError)) throw last;
    if (last.kind === 'throttled' && pacer !== undefined && turn !== undefined) {
      pacer.throttled(turn, last.retryAfterMs);
      continue;
    }
    const wait = transient?.includes(last) ? transient.waitsMs[passed] : undefined;
    if (wait !== undefined) {
      passed++;
      transient?.waiting(last, wait);
      await clock.sleep(last.retryAfterMs ?? wait, deadline);
      continue;
    }
    if (!transientKinds.includes(last.kind) || failed === retries) throw last;
    const backoff = firstBackoffMs * 2 ** failed * (1 + clock.random() / 4);
    failed++;
    await clock.sleep(last.retryAfterMs ?? backoff, deadline);
  }
}

function timedOut(cause: Error, peer: Peer): ServiceError {
  const { service, host } = cause instanceof ServiceError ? cause : peer;
  const words = `no answer within ${attemptTimeoutMs / 1000} s`;
  return new ServiceError(words, { service, host, kind: 'noAnswer', code: 'TimedOut' }, { cause });
}
