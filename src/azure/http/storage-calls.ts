import type { RequestPolicyFactory } from '@azure/storage-blob';
import type { ServiceName } from '../../escrow/model/service-error.ts';
import type { Clock } from './clock.ts';
import { guardRequest } from './connection.ts';
import { withRetries } from './retry.ts';
import { invalidAnswer, toServiceError } from './service-answer.ts';

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
        async sendRequest(request) {
          guardRequest(request, host, service);
          const response = await next.sendRequest(request);
          // Storage names its version in every answer to a call that it carried out.
          if (response.status < 300 && response.headers.get('x-ms-version') === undefined) {
            throw invalidAnswer('the answer is not one of the service: something on the way sent it', service, host);
          }
          return response;
        },
      }),
    },
    callService: (deadline, attempt) =>
      withRetries(attempt, { clock, deadline, toServiceError: (error) => toServiceError(error, service, host) }),
  };
}
