import type { TokenCredential } from '@azure/identity';
import { newPipeline, QueueServiceClient } from '@azure/storage-queue';
import { ServiceError } from '../escrow/model/service-error.ts';
import type { PoisonMessage, RequestQueue } from '../escrow/ports/request-queue.ts';
import type { Clock } from './http/clock.ts';
import { storageCalls, withoutRetries } from './http/storage-calls.ts';

/** The on-demand queue and its poison queue, which the functions host names by itself. */
export function createRequestQueue(
  serviceUrl: string,
  queueName: string,
  credential: TokenCredential,
  clock: Clock,
): RequestQueue {
  const pipeline = newPipeline(credential, withoutRetries);
  const callService = storageCalls(pipeline, serviceUrl, 'Queue Storage', clock);
  const client = new QueueServiceClient(serviceUrl, pipeline);
  const requests = client.getQueueClient(queueName);
  const poison = client.getQueueClient(`${queueName}-poison`);

  const lengthOf = async (queue: typeof requests, deadline: AbortSignal): Promise<number> => {
    const properties = await callService(deadline, (abortSignal) => queue.getProperties({ abortSignal }));
    return properties.approximateMessagesCount ?? 0;
  };

  return {
    async send(message, deadline) {
      const text = Buffer.from(JSON.stringify(message)).toString('base64');
      const sent = await callService(deadline, (abortSignal) =>
        requests.sendMessage(text, { messageTimeToLive: -1, abortSignal }),
      );
      return { messageId: sent.messageId, insertedAt: sent.insertedOn };
    },
    length: (deadline) => lengthOf(requests, deadline),
    poisonLength: (deadline) => lengthOf(poison, deadline),
    async peekPoison(deadline) {
      const { peekedMessageItems } = await callService(deadline, (abortSignal) =>
        poison.peekMessages({ numberOfMessages: 32, abortSignal }),
      );
      return peekedMessageItems.map(({ messageText }) => decoded(messageText));
    },
    async mayProcess(deadline) {
      const calls = [
        (abortSignal: AbortSignal) =>
          requests.updateMessage(absent.id, absent.popReceipt, undefined, 0, { abortSignal }),
        (abortSignal: AbortSignal) => requests.deleteMessage(absent.id, absent.popReceipt, { abortSignal }),
      ];
      for (const call of calls) {
        try {
          await callService(deadline, call);
        } catch (error) {
          if (!(error instanceof ServiceError) || error.statusCode === undefined) throw error;
          if (error.statusCode === 403) return false;
          // Asked about a message that is not there, the service says so only to those who may do it.
          if (error.statusCode !== 404 && error.statusCode !== 400) throw error;
        }
      }
      return true;
    },
  };
}

const absent = { id: '00000000-0000-0000-0000-000000000000', popReceipt: 'AAAAAAAAAAA=' };

function decoded(text: string): PoisonMessage {
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
  return { text: isBase64 ? Buffer.from(text, 'base64').toString('utf8') : text, isBase64 };
}
