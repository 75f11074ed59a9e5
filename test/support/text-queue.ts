import { QueueServiceClient } from '@azure/storage-queue';
import { expect } from 'vitest';
import type { TestAzure } from './local-azure.ts';

/** The queue of a test and its poison queue, as the texts that are on the wire. */
export interface TextQueue {
  /** Puts a body in base64, as the host expects it. @returns the message's id. */
  send(body: string): Promise<string>;
  /** Puts a text as it is. */
  sendText(text: string): Promise<string>;
  /** What is on the poison queue, up to 32. */
  poisoned(): Promise<string[]>;
  /** Resolves when no message is left, visible or not. */
  untilEmpty(): Promise<void>;
  clear(): Promise<void>;
}

export function toWire(body: string | Uint8Array): string {
  return Buffer.from(body as string).toString('base64');
}

export function openTextQueue(azure: TestAzure): TextQueue {
  const queues = 'Microsoft.Storage/storageAccounts/queueServices/queues';
  const actions = ['messages/delete', 'messages/read', 'messages/add/action', 'read'].map((one) => `${queues}/${one}`);
  const tester = azure.credential(azure.registry.add('tester', actions));
  const service = new QueueServiceClient(azure.queueServiceUrl, tester);
  const queue = service.getQueueClient(azure.queueName);
  const poison = service.getQueueClient(`${azure.queueName}-poison`);
  const sendText = async (text: string) => (await queue.sendMessage(text)).messageId;
  return {
    send: (body) => sendText(toWire(body)),
    sendText,
    async poisoned() {
      const { peekedMessageItems } = await poison.peekMessages({ numberOfMessages: 32 });
      return peekedMessageItems.map(({ messageText }) => messageText);
    },
    async untilEmpty() {
      await expect.poll(async () => (await queue.getProperties()).approximateMessagesCount).toBe(0);
    },
    async clear() {
      await queue.clearMessages();
      await poison.clearMessages();
    },
  };
}
