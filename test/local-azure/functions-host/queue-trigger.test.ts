import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { HostEvent } from '../../../local-azure/functions-host/host-events.ts';
import type { FunctionsHost, FunctionsHostOptions } from '../../../local-azure/functions-host/start.ts';
import type { BundledProgram } from '../../support/bundled-program.ts';
import { bundleFixture, startFixture, userLines } from '../../support/fixture-host.ts';
import { startTestAzure, type TestAzure } from '../../support/local-azure.ts';

let azure: TestAzure;
let fixture: BundledProgram;
let queues: QueueServiceClient;

beforeAll(async () => {
  azure = await startTestAzure();
  fixture = await bundleFixture();
  const messages = 'Microsoft.Storage/storageAccounts/queueServices/queues/messages';
  const actions = ['delete', 'read', 'add/action'].map((action) => `${messages}/${action}`);
  actions.push('Microsoft.Storage/storageAccounts/queueServices/queues/read');
  queues = new QueueServiceClient(azure.queueServiceUrl, azure.credential(azure.registry.add('tester', actions)));
});

beforeEach(async () => {
  await queues.getQueueClient(azure.queueName).clearMessages();
  await queues.getQueueClient(`${azure.queueName}-poison`).clearMessages();
});

afterAll(async () => {
  await fixture?.[Symbol.asyncDispose]();
  await azure?.stop();
});

function toWire(body: string): string {
  return Buffer.from(body).toString('base64');
}

async function send(body: string): Promise<string> {
  return (await queues.getQueueClient(azure.queueName).sendMessage(toWire(body))).messageId;
}

async function poisoned(): Promise<string[]> {
  const peeked = await queues.getQueueClient(`${azure.queueName}-poison`).peekMessages({ numberOfMessages: 32 });
  return peeked.peekedMessageItems.map(({ messageText }) => messageText);
}

/** Resolves when no message is left, visible or not. */
async function untilEmpty(): Promise<void> {
  const queue = queues.getQueueClient(azure.queueName);
  await expect.poll(async () => (await queue.getProperties()).approximateMessagesCount).toBe(0);
}

const isFinished = (event: HostEvent) => event.event === 'finished';
const isPoisoned = (event: HostEvent) => event.event === 'poisoned';

function errors(events: readonly HostEvent[]): (string | undefined)[] {
  return events.flatMap((event) => (event.event === 'finished' ? [event.error] : []));
}

describe('the queue trigger of the local host', () => {
  let host: FunctionsHost;
  let since: number;

  beforeAll(async () => {
    host = await startFixture(azure, fixture.file, { overrides: { messageLeaseMs: 2_000 } });
  });
  beforeEach(() => {
    since = host.events.length;
  });
  afterEach(() => untilEmpty());
  afterAll(() => host.stop());

  const lines = () => userLines(host.events.slice(since));

  test('runs the function once per message with its body and metadata, and deletes the message', async () => {
    const messageId = await send('{"vaultName":"contoso"}');
    await host.waitFor(isFinished, { since });
    expect(lines()).toEqual([
      {
        message: { vaultName: 'contoso' },
        type: 'object',
        metadata: {
          id: messageId,
          dequeueCount: 1,
          insertionTime: expect.stringMatching(/^\d{4}-.*\+00:00$/),
          expirationTime: expect.any(String),
          nextVisibleTime: expect.any(String),
          popReceipt: expect.any(String),
          queueTrigger: { vaultName: 'contoso' },
        },
      },
    ]);
  });

  test.each([
    ['123', 123],
    ['null', null],
    ['{bad', '{bad'],
    ['"text"', 'text'],
  ])('hands the body %s over as the library parses it', async (body, message) => {
    await send(body);
    await host.waitFor(isFinished, { since });
    expect(lines()[0]).toMatchObject({ message });
  });

  test('delivers a failing message maxDequeueCount times, then moves it whole to the poison queue', async () => {
    await send('{"do":"throw","n":"ä"}');
    await host.waitFor(isPoisoned, { since });
    expect(await poisoned()).toEqual([toWire('{"do":"throw","n":"ä"}')]);
    const counts = lines().map(({ metadata }) => (metadata as { dequeueCount: number }).dequeueCount);
    expect(counts).toEqual([1, 2, 3]);
    expect(errors(host.events.slice(since))).toEqual(Array(3).fill(expect.stringContaining('told to throw')));
  });

  test('moves what is not base64 to the poison queue without running the function', async () => {
    await queues.getQueueClient(azure.queueName).sendMessage('{"plain":"<json>"}');
    await host.waitFor(isPoisoned, { since });
    expect(await poisoned()).toEqual(['{"plain":"<json>"}']);
    expect(lines()).toEqual([]);
  });

  test('puts what the function set on an output binding, and the message is done', async () => {
    await send('{"do":"refuse"}');
    await host.waitFor(isFinished, { since });
    expect(await poisoned()).toEqual([toWire('{"do":"refuse"}')]);
  });

  test('drops the outputs of a failed invocation', async () => {
    await send('{"do":"refuseAndThrow"}');
    await host.waitFor(isPoisoned, { since });
    // The message itself, and nothing from its three failures.
    expect(await poisoned()).toHaveLength(1);
  });

  test('fails the invocation when its output cannot be written, so that the message comes again', async () => {
    azure.storage.faults.add({
      when: { operation: 'putMessage', containerName: `${azure.queueName}-poison` },
      times: 1,
      effect: { kind: 'status', status: 403, code: 'AuthorizationPermissionMismatch' },
    });
    await send('{"do":"refuse"}');
    await untilEmpty();
    expect(errors(host.events.slice(since))).toEqual([expect.stringContaining('403'), undefined]);
  });

  test('keeps a message invisible for as long as its function runs', async () => {
    await send('{"do":"wait","ms":2800}');
    await host.waitFor(isFinished, { since });
    await untilEmpty();
    expect(lines()).toHaveLength(1);
  });
});

describe('the queue trigger of a host that fares badly', () => {
  async function start(options: Partial<FunctionsHostOptions>): Promise<FunctionsHost> {
    const host = await startFixture(azure, fixture.file, options);
    onTestFinished(() => host.stop());
    return host;
  }

  test('waits visibilityTimeout before it delivers a failed message again', async () => {
    const host = await start({ overrides: { visibilityTimeoutMs: 1_000 } });
    await send('{"do":"throw"}');
    await host.waitFor(isFinished);
    await host.waitFor(isFinished, { since: host.events.findIndex(isFinished) + 1 });
    const [first, second] = host.events.flatMap((event) => (event.event === 'started' ? [event.at] : []));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(900);
  });

  test('a message whose host was killed comes again to the next host', async () => {
    const overrides = { messageLeaseMs: 1_000 };
    const killed = await start({ overrides });
    await send('{"do":"hang"}');
    await killed.waitFor(({ event }) => event === 'log');
    await killed.kill();
    const next = await start({ overrides });
    await next.waitFor(({ event }) => event === 'log');
    expect(userLines(next.events)[0]).toMatchObject({ metadata: { dequeueCount: 2 } });
  });

  test('a function that outlives functionTimeout fails, and the host process is replaced', async () => {
    const host = await start({ overrides: { functionTimeoutMs: 200 } });
    const { pid } = host;
    await send('{"do":"hang"}');
    await host.waitFor(isPoisoned);
    expect(host.pid).not.toBe(pid);
    // A delivery that comes between a time-out and the end of its process dies with it, unsaid.
    expect(errors(host.events)).not.toHaveLength(0);
    for (const error of errors(host.events)) expect(error).toContain('FunctionTimeoutException');
  });

  test('goes on polling after the queue could not be read', async () => {
    azure.storage.faults.add({
      when: { operation: 'getMessages' },
      times: 1,
      effect: { kind: 'status', status: 403, code: 'AuthorizationPermissionMismatch' },
    });
    const host = await start({});
    await send('{}');
    await host.waitFor(isFinished);
    expect(host.events).toContainEqual(
      expect.objectContaining({ category: 'host', message: expect.stringContaining('Cannot receive from queue') }),
    );
  });
});
