import type { RequestPolicyFactory } from '@azure/storage-blob';
import type { ServiceName } from '../../escrow/model/service-error.ts';
import type { Clock } from './clock.ts';
import { guardRequest } from './connection.ts';
import { withRetries } from './retry.ts';
import { invalidAnswer } from './service-answer.ts';

/** Pipeline options for a storage client whose retries are ours. */
export const withoutRetries = { retryOptions: { maxTries: 1 } } as const;

/**
 * Holds a storage client of either kind to its host.
 * @param url of the container or of the service; no request goes to another host.
 * @returns what makes one call with the product's own retries; the SDK's are off. It throws ServiceError and OutOfTime.
 */
export function storageCalls(
  { factories }: { readonly factories: RequestPolicyFactory[] },
  url: string,
  service: ServiceName,
  clock: Clock,
) {
  const peer = { service, host: new URL(url).hostname };
  factories.unshift({
    create: (next) => ({
      async sendRequest(request) {
        guardRequest(request, peer);
        const response = await next.sendRequest(request);
        // Storage names its version in every answer to a call that it carried out.
        if (response.status < 300 && response.headers.get('x-ms-version') === undefined) {
          throw invalidAnswer('the answer is not one of the service: something on the way sent it', peer);
        }
        return response;
      },
    }),
  });
  return <T>(deadline: AbortSignal, attempt: (abortSignal: AbortSignal) => Promise<T>): Promise<T> =>
    withRetries(attempt, { clock, deadline, peer });
}
