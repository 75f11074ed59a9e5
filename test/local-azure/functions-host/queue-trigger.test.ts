import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { HostEvent } from '../../../local-azure/functions-host/host-events.ts';
import type { FunctionsHost, FunctionsHostOptions } from '../../../local-azure/functions-host/start.ts';
import type { BundledProgram } from '../../support/bundled-program.ts';
import { bundleFixture, startFixture, userLines } from '../../support/fixture-host.ts';
import { startTestAzure, type TestAzure } from '../../support/local-azure.ts';

// fixed dates: to the host what stands in a message is text.

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

/** Why the host gave up, each time. */
function fatal(events: readonly HostEvent[]): string[] {
  return events.flatMap((event) =>
    event.event === 'log' && event.message.includes('Host is shutting down') ? [event.message] : [],
  );
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
          vaultName: 'contoso',
        },
      },
    ]);
  });

  test('lets the top-level members of a JSON object overwrite what the host says of the message', async () => {
    await send(
      '{"ID":"https://x/keys/y","dequeueCount":99,"insertionTime":"2020-01-01","data":{"a":1},"popReceipt":null}',
    );
    await host.waitFor(isFinished, { since });
    expect(lines()[0]?.metadata).toMatchObject({
      id: 'https://x/keys/y',
      dequeueCount: 99,
      insertionTime: '2020-01-01',
      data: { a: 1 },
      popReceipt: expect.stringMatching(/./),
    });
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
    expect(await poisoned()).toEqual([toWire('{\n  "do": "refuse"\n}')]);
  });

  test.each<[put: string, messages: string[]]>([
    ['[]', []],
    ['["a",{"b":1},null,true]', ['a', '{\n  "b": 1\n}', '', 'True']],
    ['{bad', ['{bad']],
    ['2026-11-28T02:00:00+05:00', ['2026-11-28T02:00:00+05:00']],
  ])('reads the text %s on an output as the real host does', async (put, messages) => {
    await send(JSON.stringify({ put }));
    await host.waitFor(isFinished, { since });
    expect(errors(host.events.slice(since))).toEqual([undefined]);
    expect(await poisoned()).toEqual(messages.map(toWire));
  });

  test('writes a time in a JSON text on an output in the offset of the machine', async () => {
    const at = '2026-11-28T02:00:00+05:00';
    await send(JSON.stringify({ put: `{"runTime":"${at}"}` }));
    await host.waitFor(isFinished, { since });
    const [message = ''] = await poisoned();
    const { runTime } = JSON.parse(Buffer.from(message, 'base64').toString('utf8'));
    expect(runTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00[+-]\d\d:\d\d$/);
    expect(new Date(runTime)).toEqual(new Date(at));
  });

  test.each(['{bad}', '[bad]'])('fails the invocation when the text on an output is %s', async (put) => {
    await send(JSON.stringify({ put }));
    await host.waitFor(isPoisoned, { since });
    expect(errors(host.events.slice(since))).toEqual(Array(3).fill(expect.stringContaining('JsonReaderException')));
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

  test('a function that outlives functionTimeout fails, and only its worker is replaced', async () => {
    const host = await start({ overrides: { functionTimeoutMs: 1_000 } });
    const { pid, workerPid } = host;
    await send('{"do":"hang"}');
    await host.waitFor(isPoisoned, { timeoutMs: 20_000 });
    expect(errors(host.events)).toEqual(Array(3).fill(expect.stringContaining('FunctionTimeoutException')));
    expect(host.pid).toBe(pid);
    expect(host.workerPid).not.toBe(workerPid);
  });

  test('a worker that dies takes all that runs on it along: each delivery counts, and it is replaced', async () => {
    const host = await start({});
    const { pid } = host;
    await send('{"do":"wait","ms":60000}');
    await host.waitFor(({ event }) => event === 'log');
    await send('{"do":"die"}');
    let seen = 0;
    await host.waitFor((event) => isFinished(event) && ++seen === 2);
    expect(errors(host.events)).toEqual(Array(2).fill(expect.stringContaining('node exited with code SIGKILL')));
    const again = await host.waitFor(
      (event) => event.event === 'log' && event.category === 'user' && event.message.includes('"dequeueCount":2'),
    );
    expect(again).toBeDefined();
    expect(host.pid).toBe(pid);
  });

  test('a host whose worker died three times is started again', async () => {
    const host = await start({});
    const { pid } = host;
    await send('{"do":"die"}');
    await host.waitFor(isPoisoned);
    const isReady = ({ event }: HostEvent) => event === 'ready';
    await host.waitFor(isReady, { since: host.events.findIndex(isReady) + 1 });
    expect(host.pid).not.toBe(pid);
    expect(fatal(host.events)).toEqual([expect.stringContaining('Exceeded language worker restart retry count')]);
  });

  const refused = { status: 403, code: 'AuthorizationPermissionMismatch' };
  test.each<[what: string, operation: 'getMessages' | 'putMessage' | 'deleteMessage', message: string]>([
    ['its queue refuses to be read', 'getMessages', '{}'],
    ['a message cannot be deleted', 'deleteMessage', '{}'],
    ['a message cannot be put on the poison queue', 'putMessage', '{"do":"throw"}'],
  ])('ends and is started again when %s', async (_what, operation, message) => {
    // The next host gets the message when the lease has run out.
    const host = await start({ overrides: { messageLeaseMs: 1_000 } });
    await send(message);
    const undo = azure.storage.faults.add({ when: { operation }, effect: { kind: 'status', ...refused } });
    onTestFinished(undo);
    await host.waitFor((event) => event.event === 'ready' && fatal(host.events).length > 1);
    expect(fatal(host.events)[0]).toMatch(/Host is shutting down.*Queue .* of onDemand: .*Status: 403/);
    undo();
    const isSettled = (event: HostEvent) => isFinished(event) || isPoisoned(event);
    await host.waitFor(isSettled, { since: host.events.length });
  });

  test('ends and is started again when its identity gets no token', async () => {
    const host = await start({ settings: { FIXTURE__clientId: '00000000-0000-0000-0000-000000000000' } });
    await host.waitFor((event) => event.event === 'ready' && fatal(host.events).length > 1);
    expect(fatal(host.events)[0]).toMatch(/onDemand: ManagedIdentityCredential authentication failed: 400/);
  });

  test.each([
    [503, 'ServerBusy'],
    [404, 'QueueNotFound'],
    [409, 'QueueBeingDeleted'],
  ])(
    'goes on polling when the queue answers %i %s',
    async (status, code) => {
      azure.storage.faults.add({
        when: { operation: 'getMessages' },
        times: 6,
        effect: { kind: 'status', status, code },
      });
      onTestFinished(() => azure.storage.faults.clear());
      const host = await start({});
      await send('{}');
      await host.waitFor(isFinished, { timeoutMs: 60_000 });
      expect(fatal(host.events)).toEqual([]);
    },
    70_000,
  );

  test('leaves a function that is disabled alone, with its messages', async () => {
    const host = await start({ settings: { 'AzureWebJobs.onDemand.Disabled': 'true' } });
    await send('{}');
    expect((await host.fireTimer('nightly')).error).toBeUndefined();
    await queues.getQueueClient(azure.queueName).clearMessages();
    expect(host.events.filter((event) => event.event === 'started')).toMatchObject([{ functionName: 'nightly' }]);
  });
});

describe('a queue trigger that takes bytes', () => {
  let host: FunctionsHost;
  beforeAll(async () => {
    host = await startFixture(azure, fixture.file, { settings: { FIXTURE_DATA_TYPE: 'binary' } });
  });
  afterAll(() => host.stop());

  test.each([
    ['a JSON object', '{"id":"x","dequeueCount":99}'],
    ['an empty array', '[]'],
    ['an array of two', '["a",{"b":1}]'],
    ['what only begins like JSON', '{bad}'],
    ['repeated keys', '{"a":1,"a":2}'],
    ['nothing', ''],
    ['no UTF-8', Buffer.from([0xff, 0x00, 0xfe])],
  ])('hands over %s as it is, beside the true metadata, and takes bytes back as they are', async (_what, body) => {
    const since = host.events.length;
    const wire = Buffer.from(body as string).toString('base64');
    const { messageId } = await queues.getQueueClient(azure.queueName).sendMessage(wire);
    await host.waitFor(isFinished, { since });
    expect(errors(host.events.slice(since))).toEqual([undefined]);
    expect(userLines(host.events.slice(since))).toMatchObject([
      {
        message: { hex: Buffer.from(body as string).toString('hex') },
        metadata: { id: messageId, dequeueCount: 1, insertionTime: expect.stringMatching(/^\d{4}-.*\+00:00$/) },
      },
    ]);
    expect(await poisoned()).toEqual([wire]);
  });
});
