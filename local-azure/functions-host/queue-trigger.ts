import { setTimeout as delay } from 'node:timers/promises';
import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { RegisteredFunction } from './core-api.ts';
import type { InvocationRequest } from './core-contract.ts';
import type { QueueConfiguration } from './host-configuration.ts';
import type { Emit } from './host-events.ts';
import type { Invoke } from './invoker.ts';
import { decodeMessage } from './message-encoding.ts';

export interface QueueTrigger {
  readonly queueName: string;
  /** Polls now instead of at the end of the polling interval. */
  wake(): void;
  /** Stops receiving; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

interface QueueTriggerOptions {
  readonly registered: RegisteredFunction;
  readonly bindingName: string;
  readonly queue: QueueClient;
  readonly poisonQueue: QueueClient;
  readonly configuration: QueueConfiguration;
  readonly invoke: Invoke;
  /** Called when a function outlived functionTimeout, after its message was released. */
  readonly onTimeout: () => void;
  readonly emit: Emit;
}

const minPollingIntervalMs = 100;

/** Polls a queue and runs the function on each message, with the rules of the Storage Queues extension. */
export function startQueueTrigger(options: QueueTriggerOptions): QueueTrigger {
  const { queue, configuration, emit } = options;
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let waker = new AbortController();
  let isWoken = false;

  const idle = async (ms: number): Promise<void> => {
    if (!isWoken) {
      waker = new AbortController();
      const signal = AbortSignal.any([waker.signal, stopping.signal]);
      await delay(ms, undefined, { signal }).catch(() => {});
    }
    isWoken = false;
  };

  const poll = async (): Promise<void> => {
    let pause = minPollingIntervalMs;
    while (!stopping.signal.aborted) {
      if (running.size > configuration.newBatchThreshold) {
        await Promise.race(running);
        continue;
      }
      const messages = await receive(options);
      for (const message of messages) {
        const work: Promise<void> = processMessage(options, message)
          .catch((error: unknown) => emit(failure(options, `Message ${message.messageId}: ${String(error)}`)))
          .finally(() => running.delete(work));
        running.add(work);
      }
      if (messages.length > 0) {
        pause = minPollingIntervalMs;
        continue;
      }
      await idle(pause);
      pause = Math.min(pause * 2, Math.max(configuration.maxPollingIntervalMs, minPollingIntervalMs));
    }
    await Promise.all(running);
  };

  const polling = poll();
  return {
    queueName: queue.name,
    wake() {
      isWoken = true;
      waker.abort();
    },
    async stop() {
      stopping.abort();
      await polling;
    },
  };
}

/** Not to be aborted: what the service has handed out and nobody heard of stays invisible for the whole lease. */
async function receive(options: QueueTriggerOptions): Promise<readonly DequeuedMessageItem[]> {
  const { batchSize: numberOfMessages, messageLeaseMs } = options.configuration;
  const visibilityTimeout = wholeSeconds(messageLeaseMs);
  try {
    return (await options.queue.receiveMessages({ numberOfMessages, visibilityTimeout })).receivedMessageItems;
  } catch (error) {
    options.emit(failure(options, `Cannot receive from queue "${options.queue.name}": ${String(error)}`));
    return [];
  }
}

async function processMessage(options: QueueTriggerOptions, message: DequeuedMessageItem): Promise<void> {
  const { queue, configuration, registered, invoke } = options;
  const { maxDequeueCount, visibilityTimeoutMs } = configuration;
  const body = decodeMessage(message.messageText, configuration.messageEncoding);
  if (body === undefined) return await poison(options, message, message.popReceipt, 'notDecodable');
  // A message whose host died every time was never failed by anybody.
  if (message.dequeueCount > maxDequeueCount) {
    return await poison(options, message, message.popReceipt, 'maxDequeueCount');
  }
  const lease = keepInvisible(options, message);
  const outcome = await invoke(
    registered,
    requestOf(options.bindingName, message, body),
    `New queue message detected on '${queue.name}'.`,
  );
  const popReceipt = await lease.end();
  if (outcome.error === undefined) await queue.deleteMessage(message.messageId, popReceipt);
  else if (message.dequeueCount >= maxDequeueCount) await poison(options, message, popReceipt, 'maxDequeueCount');
  else await queue.updateMessage(message.messageId, popReceipt, undefined, wholeSeconds(visibilityTimeoutMs));
  if (outcome.timedOut) options.onTimeout();
}

/** Renews a message's invisibility at half time, for as long as its function runs. */
function keepInvisible(options: QueueTriggerOptions, message: DequeuedMessageItem): { end(): Promise<string> } {
  const leaseMs = options.configuration.messageLeaseMs;
  let { popReceipt } = message;
  let renewal = Promise.resolve();
  const timer = setInterval(() => {
    renewal = renewal.then(async () => {
      try {
        const answer = await options.queue.updateMessage(
          message.messageId,
          popReceipt,
          undefined,
          wholeSeconds(leaseMs),
        );
        popReceipt = answer.popReceipt ?? popReceipt;
      } catch (error) {
        options.emit(failure(options, `Cannot renew message ${message.messageId}: ${String(error)}`));
      }
    });
  }, leaseMs / 2);
  return {
    async end() {
      clearInterval(timer);
      await renewal;
      return popReceipt;
    },
  };
}

/** Whole and unchanged; first there, then gone here, so that a death in between leaves two rather than none. */
async function poison(
  options: QueueTriggerOptions,
  message: DequeuedMessageItem,
  popReceipt: string,
  reason: 'notDecodable' | 'maxDequeueCount',
): Promise<void> {
  await options.poisonQueue.sendMessage(message.messageText);
  await options.queue.deleteMessage(message.messageId, popReceipt);
  const { messageId } = message;
  options.emit({ event: 'poisoned', functionName: options.registered.metadata.name, messageId, reason });
}

function requestOf(bindingName: string, message: DequeuedMessageItem, body: string): InvocationRequest {
  const time = (date: Date) => ({ json: JSON.stringify(date.toISOString().replace('.000Z', '+00:00')) });
  return {
    inputData: [{ name: bindingName, data: { string: body } }],
    triggerMetadata: {
      Id: { string: message.messageId },
      DequeueCount: { int: message.dequeueCount },
      InsertionTime: time(message.insertedOn),
      ExpirationTime: time(message.expiresOn),
      NextVisibleTime: time(message.nextVisibleOn),
      PopReceipt: { string: message.popReceipt },
      QueueTrigger: { string: body },
    },
  };
}

function failure(options: QueueTriggerOptions, message: string): Parameters<Emit>[0] {
  return { event: 'log', level: 'error', category: 'host', message, functionName: options.registered.metadata.name };
}

function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
