import type { RetryOptions } from '../worker/core-contract.ts';

/** Whether a function that failed `attempts` times is tried again. */
export function isRetried(retry: RetryOptions | undefined, attempts: number): boolean {
  return retry !== undefined && (retry.maxRetryCount === -1 || attempts <= retry.maxRetryCount);
}

/** Milliseconds before the next try, after `attempts` failures. */
export function retryDelayMs(retry: RetryOptions, attempts: number): number {
  if (retry.retryStrategy === 'fixedDelay') return (retry.delayInterval?.seconds ?? 0) * 1000;
  const minimum = (retry.minimumInterval?.seconds ?? 0) * 1000;
  const maximum = (retry.maximumInterval?.seconds ?? 0) * 1000;
  return Math.min(maximum, minimum * 2 ** (attempts - 1));
}
