import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { HostEvent } from '../../../local-azure/functions-host/host-events.ts';
import type { FunctionsHost, FunctionsHostOptions } from '../../../local-azure/functions-host/start.ts';
import { startFixture, useFixture, userLines } from '../../support/fixture-host.ts';
import { errorsOf, isFinished, isGivingUp, isPoisoned, untilRestarted } from '../../support/host-outcomes.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { toWire, viewQueue } from '../../support/queue-view.ts';

// fixed dates: to the host what stands in a message is text.

const azure = await useTestAzure();
const fixture = await useFixture();
const queue = viewQueue(azure);

/** No message is left, visible or not. */
const untilEmpty = () => expect.poll(() => queue.count()).toBe(0);

beforeEach(() => queue.clear());

describe('the queue trigger of the local host', () => {
  let host: FunctionsHost;
  let since: number;

  beforeAll(async () => {
    host = await startFixture(azure, fixture.file, { overrides: { messageLeaseMs: 2_000 } });
  });
  beforeEach(() => {
    since = host.events.length;
  });
  afterEach(untilEmpty);
  afterAll(() => host.stop());

  const lines = () => userLines(host.events.slice(since));
  const errors = () => errorsOf(host.events.slice(since));
  const deliver = async (body: string, isEnd: (event: HostEvent) => boolean = isFinished): Promise<string> => {
    const { messageId } = await queue.sendBytes(body);
    await host.waitFor(isEnd, { since });
    return messageId;
  };

  test('runs the function once per message with its body and metadata, and deletes the message', async () => {
    const messageId = await deliver('{"vaultName":"contoso"}');
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
    await deliver('{"ID":"x/y","dequeueCount":99,"insertionTime":"2020-01-01","data":{"a":1},"popReceipt":null}');
    expect(lines()[0]?.metadata).toMatchObject({
      id: 'x/y',
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
    await deliver(body);
    expect(lines()[0]).toMatchObject({ message });
  });

  test('delivers a failing message maxDequeueCount times, then moves it whole to the poison queue', async () => {
    await deliver('{"do":"throw","n":"ä"}', isPoisoned);
    expect(await queue.poisonedTexts()).toEqual([toWire('{"do":"throw","n":"ä"}')]);
    const counts = lines().map(({ metadata }) => (metadata as { dequeueCount: number }).dequeueCount);
    expect(counts).toEqual([1, 2, 3]);
    expect(errors()).toEqual(Array(3).fill(expect.stringContaining('told to throw')));
  });

  test('takes what is thrown as undefined for a success, as the real worker does', async () => {
    await deliver('{"do":"throwNothing"}');
    expect(errors()).toEqual([undefined]);
  });

  test('warns of a line that the function logs after its end', async () => {
    await deliver('{"do":"logLater"}', (event) => event.event === 'log' && event.message === '{"isLate":true}');
    const message = expect.stringContaining("Unexpected call to 'log' on the context object");
    expect(host.events).toContainEqual(expect.objectContaining({ level: 'warning', category: 'system', message }));
  });

  test('moves what is not base64 to the poison queue without running the function', async () => {
    await queue.sendText('{"plain":"<json>"}');
    await host.waitFor(isPoisoned, { since });
    expect(await queue.poisonedTexts()).toEqual(['{"plain":"<json>"}']);
    expect(lines()).toEqual([]);
  });

  test('puts what the function set on an output binding, and the message is done', async () => {
    await deliver('{"do":"refuse"}');
    expect(await queue.poisonedTexts()).toEqual([toWire('{\n  "do": "refuse"\n}')]);
  });

  test.each<[put: string, messages: string[]]>([
    ['[]', []],
    ['["a",{"b":1},null,true]', ['a', '{\n  "b": 1\n}', '', 'True']],
    ['{bad', ['{bad']],
    ['2026-11-28T02:00:00+05:00', ['2026-11-28T02:00:00+05:00']],
  ])('reads the text %s on an output as the real host does', async (put, messages) => {
    await deliver(JSON.stringify({ put }));
    expect(errors()).toEqual([undefined]);
    expect(await queue.poisonedTexts()).toEqual(messages.map(toWire));
  });

  test('writes a time in a JSON text on an output in the offset of the machine', async () => {
    const at = '2026-11-28T02:00:00+05:00';
    await deliver(JSON.stringify({ put: `{"runTime":"${at}"}` }));
    const [message = ''] = await queue.poisonedTexts();
    const { runTime } = JSON.parse(Buffer.from(message, 'base64').toString('utf8'));
    expect(runTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00[+-]\d\d:\d\d$/);
    expect(new Date(runTime)).toEqual(new Date(at));
  });

  test.each(['{bad}', '[bad]'])('fails the invocation when the text on an output is %s', async (put) => {
    await deliver(JSON.stringify({ put }), isPoisoned);
    expect(errors()).toEqual(Array(3).fill(expect.stringContaining('JsonReaderException')));
  });

  test('drops the outputs of a failed invocation', async () => {
    await deliver('{"do":"refuseAndThrow"}', isPoisoned);
    // The message itself, and nothing from its three failures.
    expect(await queue.poisonedTexts()).toHaveLength(1);
  });

  test('fails the invocation when its output cannot be written, so that the message comes again', async () => {
    azure.storage.faults.add({
      operation: 'putMessage',
      containerName: `${azure.queueName}-poison`,
      times: 1,
      effect: { kind: 'status', status: 403, code: 'AuthorizationPermissionMismatch' },
    });
    await queue.sendBytes('{"do":"refuse"}');
    await untilEmpty();
    expect(errors()).toEqual([expect.stringContaining('403'), undefined]);
  });

  test.each([
    [503, 'ServerBusy'],
    [404, 'QueueNotFound'],
    [409, 'QueueBeingDeleted'],
  ])('goes on polling when the queue answers %i %s', async (status, code) => {
    const effect = { kind: 'status', status, code } as const;
    azure.storage.faults.add({ operation: 'getMessages', times: 6, effect });
    onTestFinished(() => azure.storage.faults.clear());
    const polls = azure.storage.requests.length;
    await deliver('{}');
    const answers = azure.storage.requests.slice(polls).filter(({ operation }) => operation === 'getMessages');
    expect(answers.filter((answer) => answer.status === status)).toHaveLength(6);
    expect(host.events.slice(since).filter(isGivingUp)).toEqual([]);
  });

  test('keeps a message invisible for as long as its function runs', async () => {
    await deliver('{"do":"wait","ms":2400}');
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
    await queue.sendBytes('{"do":"throw"}');
    await host.waitFor(() => errorsOf(host.events).length === 2);
    const [first = 0, second = 0] = host.events.flatMap((event) => (event.event === 'started' ? [event.at] : []));
    expect(second - first).toBeGreaterThan(900);
  });

  test('a message whose host was killed comes again to the next host', async () => {
    const overrides = { messageLeaseMs: 1_000 };
    const killed = await start({ overrides });
    await queue.sendBytes('{"do":"hang"}');
    await killed.waitFor(({ event }) => event === 'log');
    await killed.kill();
    const next = await start({ overrides });
    await next.waitFor(({ event }) => event === 'log');
    expect(userLines(next.events)[0]).toMatchObject({ metadata: { dequeueCount: 2 } });
  });

  test('a function that outlives functionTimeout fails, and only its worker is replaced', async () => {
    const host = await start({ overrides: { functionTimeoutMs: 200 } });
    const { pid, workerPid } = host;
    await queue.sendBytes('{"do":"hang"}');
    await host.waitFor(isPoisoned, { timeoutMs: 20_000 });
    expect(errorsOf(host.events)).toEqual(Array(3).fill(expect.stringContaining('FunctionTimeoutException')));
    expect(host.pid).toBe(pid);
    expect(host.workerPid).not.toBe(workerPid);
  });

  test('a worker that dies takes all that runs on it along: each delivery counts, and it is replaced', async () => {
    const host = await start({});
    const { pid } = host;
    await queue.sendBytes('{"do":"wait","ms":60000}');
    await host.waitFor(({ event }) => event === 'log');
    await queue.sendBytes('{"do":"die"}');
    await host.waitFor(() => errorsOf(host.events).length === 2);
    expect(errorsOf(host.events)).toEqual(Array(2).fill(expect.stringContaining('node exited with code SIGKILL')));
    await host.waitFor((event) => event.event === 'log' && event.message.includes('"dequeueCount":2'));
    expect(host.pid).toBe(pid);
  });

  test('a host whose worker died three times is started again', async () => {
    const host = await start({});
    const { pid } = host;
    await queue.sendBytes('{"do":"die"}');
    await host.waitFor(isPoisoned);
    expect(await untilRestarted(host)).toContain('Exceeded language worker restart retry count');
    expect(host.pid).not.toBe(pid);
  });

  test('ends and is started again when its identity gets no token', async () => {
    const host = await start({ settings: { FIXTURE__clientId: '00000000-0000-0000-0000-000000000000' } });
    expect(await untilRestarted(host)).toMatch(/onDemand: ManagedIdentityCredential authentication failed: 400/);
  });

  test('leaves a function that is disabled alone, with its messages', async () => {
    const host = await start({ settings: { 'AzureWebJobs.onDemand.Disabled': 'true' } });
    await queue.sendBytes('{}');
    expect((await host.fireTimer('nightly')).error).toBeUndefined();
    await queue.clear();
    expect(host.events.filter((event) => event.event === 'started')).toMatchObject([{ functionName: 'nightly' }]);
  });
});

describe('a host whose queue refuses it', () => {
  let host: FunctionsHost;
  // The next host gets the message when the lease has run out.
  beforeAll(async () => {
    host = await startFixture(azure, fixture.file, { overrides: { messageLeaseMs: 1_000 } });
  });
  afterEach(untilEmpty);
  afterAll(() => host.stop());

  test.each<[what: string, operation: 'getMessages' | 'putMessage' | 'deleteMessage', message: string]>([
    ['its queue refuses to be read', 'getMessages', '{}'],
    ['a message cannot be deleted', 'deleteMessage', '{}'],
    ['a message cannot be put on the poison queue', 'putMessage', '{"do":"throw"}'],
  ])('ends and is started again when %s', async (_what, operation, message) => {
    const since = host.events.length;
    await queue.sendBytes(message);
    const effect = { kind: 'status', status: 403, code: 'AuthorizationPermissionMismatch' } as const;
    const undo = azure.storage.faults.add({ operation, effect });
    onTestFinished(undo);
    expect(await untilRestarted(host, since)).toMatch(/Host is shutting down.*Queue .* of onDemand: .*Status: 403/);
    undo();
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
    const wire = toWire(body);
    const { messageId } = await queue.sendText(wire);
    await host.waitFor(isFinished, { since });
    expect(errorsOf(host.events.slice(since))).toEqual([undefined]);
    const message = { hex: Buffer.from(body as string).toString('hex') };
    const insertionTime = expect.stringMatching(/^\d{4}-.*\+00:00$/);
    const metadata = { id: messageId, dequeueCount: 1, insertionTime };
    expect(userLines(host.events.slice(since))).toMatchObject([{ message, metadata }]);
    expect(await queue.poisonedTexts()).toEqual([wire]);
  });
});
