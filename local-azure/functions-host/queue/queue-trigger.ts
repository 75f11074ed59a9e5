import { setTimeout as delay } from 'node:timers/promises';
import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { HostConfiguration } from '../host-configuration.ts';
import type { Emit } from '../host-events.ts';
import type { Invoke } from '../invoker.ts';
import type { FunctionMetadata, InvocationRequest } from '../worker/core-contract.ts';
import { decodeMessage } from './message-encoding.ts';
import { isMessageGone, isSurvivedByPolling } from './queue-faults.ts';
import { messageMetadata, overwrittenByBody } from './trigger-metadata.ts';

export interface QueueTrigger {
  readonly queueName: string;
  /** Polls now instead of at the end of the polling interval. */
  wake(): void;
  /** Stops receiving; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

interface QueueTriggerOptions {
  readonly metadata: FunctionMetadata;
  readonly bindingName: string;
  readonly queue: QueueClient;
  readonly poisonQueue: QueueClient;
  readonly configuration: HostConfiguration;
  readonly invoke: Invoke;
  /** Called when the queue fails in a way that ends the real host. */
  readonly onFatal: (error: unknown) => void;
  readonly emit: Emit;
}

const minPollingIntervalMs = 100;

/** Polls a queue and runs the function on each message, with the rules of the Storage Queues extension. */
export function startQueueTrigger(options: QueueTriggerOptions): QueueTrigger {
  const { queue, configuration, onFatal } = options;
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
          .catch(onFatal)
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
  };

  const polling = poll()
    .catch(onFatal)
    .then(() => Promise.all(running));
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
    if (!isSurvivedByPolling(error)) throw error;
    const message = `Cannot receive from queue "${options.queue.name}": ${String(error)}`;
    const functionName = options.metadata.name;
    options.emit({ event: 'log', level: 'debug', category: 'host', message, functionName });
    return [];
  }
}

async function processMessage(options: QueueTriggerOptions, message: DequeuedMessageItem): Promise<void> {
  const { queue, configuration, metadata, invoke } = options;
  const { maxDequeueCount, visibilityTimeoutMs } = configuration;
  const { messageId, dequeueCount } = message;
  const body = decodeMessage(message.messageText, configuration.messageEncoding);
  if (body === undefined) return await poison(options, message, message.popReceipt, 'notDecodable');
  // A message whose host died every time was never failed by anybody.
  if (dequeueCount > maxDequeueCount) return await poison(options, message, message.popReceipt, 'maxDequeueCount');
  const lease = keepInvisible(options, message);
  const reason = `New queue message detected on '${queue.name}'.`;
  const { error } = await invoke(metadata, requestOf(options, message, body), { reason });
  const popReceipt = await lease.end();
  if (error === undefined) await unlessGone(queue.deleteMessage(messageId, popReceipt));
  else if (dequeueCount >= maxDequeueCount) await poison(options, message, popReceipt, 'maxDequeueCount');
  else await unlessGone(queue.updateMessage(messageId, popReceipt, undefined, wholeSeconds(visibilityTimeoutMs)));
}

/** Renews a message's invisibility at half time, for as long as its function runs. */
function keepInvisible(options: QueueTriggerOptions, message: DequeuedMessageItem): { end(): Promise<string> } {
  const { queue, configuration, onFatal } = options;
  const leaseMs = configuration.messageLeaseMs;
  let { popReceipt } = message;
  let renewal = Promise.resolve();
  const timer = setInterval(() => {
    renewal = renewal.then(async () => {
      try {
        const answer = await queue.updateMessage(message.messageId, popReceipt, undefined, wholeSeconds(leaseMs));
        popReceipt = answer.popReceipt ?? popReceipt;
      } catch (error) {
        if (isMessageGone(error)) clearInterval(timer);
        else if (!isSurvivedByPolling(error)) onFatal(error);
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
  const { messageId } = message;
  await options.poisonQueue.sendMessage(message.messageText);
  await unlessGone(options.queue.deleteMessage(messageId, popReceipt));
  options.emit({ event: 'poisoned', functionName: options.metadata.name, messageId, reason });
}

async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isMessageGone(error)) throw error;
  }
}

function requestOf(options: QueueTriggerOptions, message: DequeuedMessageItem, body: Buffer): InvocationRequest {
  const { metadata, bindingName } = options;
  const triggerMetadata = messageMetadata(message, body);
  if (String(metadata.bindings[bindingName]?.dataType).toLowerCase() === 'binary') {
    return { inputData: [{ name: bindingName, data: { bytes: body } }], triggerMetadata };
  }
  const text = body.toString('utf8');
  return {
    inputData: [{ name: bindingName, data: { string: text } }],
    triggerMetadata: overwrittenByBody(triggerMetadata, text),
  };
}

function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
