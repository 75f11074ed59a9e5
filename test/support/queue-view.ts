import { QueueServiceClient } from '@azure/storage-queue';
import type { EscrowPlace } from './escrow-place.ts';

const queues = 'Microsoft.Storage/storageAccounts/queueServices/queues';

/** The on-demand queue and its poison queue, seen by somebody who may put messages and look. */
interface QueueView {
  /** A text as it is on the wire. */
  sendText(text: string): Promise<{ messageId: string; insertedAt: Date }>;
  /** A body as it stands; base64 on the wire, as the host expects. */
  sendBytes(body: string | Uint8Array): Promise<{ messageId: string; insertedAt: Date }>;
  send(body: unknown): Promise<{ messageId: string; insertedAt: Date }>;
  /** Puts a text on the poison queue as it is, as the host does with one that is not base64. */
  sendPoison(text: string): Promise<void>;
  /** What is on the poison queue, up to 32, as it is on the wire. */
  poisonedTexts(): Promise<string[]>;
  /** The bodies in that, to the byte. */
  poisonedBytes(): Promise<Buffer[]>;
  /** The same as texts. */
  poisoned(): Promise<string[]>;
  /** Messages of the queue, invisible ones too. */
  count(): Promise<number>;
  clear(): Promise<void>;
}

export const toWire = (body: string | Uint8Array): string => Buffer.from(body as string).toString('base64');

export function viewQueue(place: EscrowPlace): QueueView {
  const actions = ['messages/read', 'messages/add/action', 'messages/delete', 'read'].map((one) => `${queues}/${one}`);
  const requester = place.registry.find('requester') ?? place.registry.add('requester', actions);
  const service = new QueueServiceClient(place.queueServiceUrl, place.credential(requester));
  const queue = service.getQueueClient(place.queueName);
  const poison = service.getQueueClient(`${place.queueName}-poison`);
  const view: QueueView = {
    async sendText(text) {
      const { messageId, insertedOn } = await queue.sendMessage(text);
      return { messageId, insertedAt: insertedOn };
    },
    sendBytes: (body) => view.sendText(toWire(body)),
    send: (body) => view.sendBytes(JSON.stringify(body)),
    async sendPoison(text) {
      await poison.sendMessage(text);
    },
    async poisonedTexts() {
      const { peekedMessageItems } = await poison.peekMessages({ numberOfMessages: 32 });
      return peekedMessageItems.map(({ messageText }) => messageText);
    },
    poisonedBytes: async () => (await view.poisonedTexts()).map((text) => Buffer.from(text, 'base64')),
    poisoned: async () => (await view.poisonedBytes()).map(String),
    count: async () => (await queue.getProperties()).approximateMessagesCount ?? 0,
    async clear() {
      await queue.clearMessages();
      await poison.clearMessages();
    },
  };
  return view;
}
