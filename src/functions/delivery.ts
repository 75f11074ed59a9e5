import type { InvocationContext } from '@azure/functions';
import type { Delivery } from '../app/carry-out-message.ts';

/** @param now replaces an insertion time that the host does not pass. */
export function readDelivery({ triggerMetadata, invocationId }: InvocationContext, now: Date): Delivery {
  const insertedAt = new Date(String(triggerMetadata?.insertionTime));
  return {
    messageId: String(triggerMetadata?.id ?? invocationId),
    insertedAt: Number.isNaN(insertedAt.getTime()) ? now : insertedAt,
    attempt: Number(triggerMetadata?.dequeueCount ?? 1),
  };
}
