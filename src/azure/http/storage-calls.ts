import type { RequestPolicyFactory } from '@azure/storage-blob';
import type { ServiceName } from '../../escrow/model/service-error.ts';
import type { Clock } from './clock.ts';
import { guardRequest } from './connection.ts';
import { withRetries } from './retry.ts';
import { toServiceError } from './service-answer.ts';

/** How a storage client of either kind is held to its host, and its calls to their time. */
export interface StorageCalls {
  /** First of the client's pipeline factories. */
  readonly guard: RequestPolicyFactory;
  /** One call with the product's own retries; the SDK's are off. @throws ServiceError, OutOfTime */
  callService<T>(deadline: AbortSignal, attempt: (abortSignal: AbortSignal) => Promise<T>): Promise<T>;
}

/** Pipeline options for a storage client whose retries are ours. */
export const withoutRetries = { retryOptions: { maxTries: 1 } } as const;

/** @param url of the container or of the service; no request goes to another host. */
export function storageCalls(url: string, service: ServiceName, clock: Clock): StorageCalls {
  const host = new URL(url).hostname;
  return {
    guard: {
      create: (next) => ({
        sendRequest(request) {
          guardRequest(request, host, service);
          return next.sendRequest(request);
        },
      }),
    },
    callService: (deadline, attempt) =>
      withRetries(attempt, { clock, deadline, toServiceError: (error) => toServiceError(error, service, host) }),
  };
}
