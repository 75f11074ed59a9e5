import type { InvocationContext } from '@azure/functions';

/** One delivery of a queue message, from what the host says about it. */
export interface Delivery {
  readonly messageId: string;
  readonly insertedAt: Date;
  /** 1 on the first delivery. */
  readonly attempt: number;
}

/** @param now stands in for an insertion time that the host does not tell. */
export function readDelivery({ triggerMetadata, invocationId }: InvocationContext, now: Date): Delivery {
  const insertedAt = new Date(String(triggerMetadata?.insertionTime));
  return {
    messageId: String(triggerMetadata?.id ?? invocationId),
    insertedAt: Number.isNaN(insertedAt.getTime()) ? now : insertedAt,
    attempt: Number(triggerMetadata?.dequeueCount ?? 1),
  };
}
