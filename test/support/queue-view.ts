import { QueueServiceClient } from '@azure/storage-queue';
import type { EscrowPlace } from './escrow-place.ts';

const queues = 'Microsoft.Storage/storageAccounts/queueServices/queues';

export const toWire = (body: string | Uint8Array): string => Buffer.from(body as string).toString('base64');

/** The on-demand queue and its poison queue, seen by somebody who may put messages and look. */
export function viewQueue(place: EscrowPlace) {
  const actions = ['messages/read', 'messages/add/action', 'messages/delete', 'read'].map((one) => `${queues}/${one}`);
  const requester = place.registry.find('requester') ?? place.registry.add('requester', actions);
  const service = new QueueServiceClient(place.queueServiceUrl, place.credential(requester));
  const queue = service.getQueueClient(place.queueName);
  const poison = service.getQueueClient(`${place.queueName}-poison`);
  const view = {
    /** A text as it is on the wire. */
    async sendText(text: string) {
      const { messageId, insertedOn } = await queue.sendMessage(text);
      return { messageId, insertedAt: insertedOn };
    },
    /** A body as it stands; base64 on the wire, as the host expects. */
    sendBytes: (body: string | Uint8Array) => view.sendText(toWire(body)),
    send: (body: unknown) => view.sendBytes(JSON.stringify(body)),
    /** Puts a text on the poison queue as it is, as the host does with one that is not base64. */
    async sendPoison(text: string) {
      await poison.sendMessage(text);
    },
    /** What is on the poison queue, up to 32, as it is on the wire. */
    async poisonedTexts() {
      const { peekedMessageItems } = await poison.peekMessages({ numberOfMessages: 32 });
      return peekedMessageItems.map(({ messageText }) => messageText);
    },
    /** The bodies in that, to the byte. */
    poisonedBytes: async () => (await view.poisonedTexts()).map((text) => Buffer.from(text, 'base64')),
    /** The same as texts. */
    poisoned: async () => (await view.poisonedBytes()).map(String),
    /** Messages of the queue, invisible ones too. */
    count: async () => (await queue.getProperties()).approximateMessagesCount ?? 0,
    async clear() {
      await queue.clearMessages();
      await poison.clearMessages();
    },
  };
  return view;
}
