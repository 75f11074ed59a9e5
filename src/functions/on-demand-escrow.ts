import { type InvocationContext, output, type StorageQueueFunctionOptions } from '@azure/functions';
import { carryOutMessage, type Delivery } from '../app/carry-out-message.ts';
import type { Services } from '../app/services.ts';
import { contextLog } from './context-log.ts';
import { withPrintableError } from './printable-error.ts';

const poisonQueue = output.storageQueue({ queueName: '%ESCROW_QUEUE_NAME%-poison', connection: 'ESCROW_QUEUE' });

/**
 * The library's types do not know `dataType`; the host does. For a message that it takes as text, the host lets the members of
 * its JSON overwrite the message's id, delivery count and times; and a text on an output it parses and writes anew. Bytes it
 * leaves alone both ways.
 */
interface OnDemandOptions extends StorageQueueFunctionOptions<Uint8Array> {
  readonly dataType: 'binary';
}

/** What can never succeed goes to the poison queue at once; what may succeed later is thrown back to the host, which delivers it again. */
export function onDemandEscrow(services: Services): OnDemandOptions {
  return {
    queueName: '%ESCROW_QUEUE_NAME%',
    connection: 'ESCROW_QUEUE',
    dataType: 'binary',
    extraOutputs: [poisonQueue],
    async handler(message: Uint8Array, context: InvocationContext) {
      const delivery = readDelivery(context, services.now());
      const log = contextLog(context);
      const end = await withPrintableError(() => carryOutMessage(message, delivery, services, log));
      if (end === 'refused') context.extraOutputs.set(poisonQueue, Buffer.from(message));
    },
  };
}

/** @param now replaces an insertion time that the host does not pass. */
function readDelivery({ triggerMetadata, invocationId }: InvocationContext, now: Date): Delivery {
  const insertedAt = new Date(String(triggerMetadata?.insertionTime));
  return {
    messageId: String(triggerMetadata?.id ?? invocationId),
    insertedAt: Number.isNaN(insertedAt.getTime()) ? now : insertedAt,
    attempt: Number(triggerMetadata?.dequeueCount ?? 1),
  };
}
