import { describe, expect, test } from 'vitest';
import { hostConfiguration, withHostSettings } from '../../../local-azure/functions-host/host-configuration.ts';
import { decodeMessage } from '../../../local-azure/functions-host/queue/message-encoding.ts';
import { outputMessages } from '../../../local-azure/functions-host/queue/output-messages.ts';
import { parseSchedule } from '../../../local-azure/functions-host/timer/ncrontab.ts';
import { isRetried, retryDelayMs } from '../../../local-azure/functions-host/timer/timer-run.ts';
import type { FunctionMetadata } from '../../../local-azure/functions-host/worker/core-contract.ts';

describe('host.json', () => {
  test('has the defaults of the real host', () => {
    expect(hostConfiguration({})).toMatchObject({
      functionTimeoutMs: 1_800_000,
      shutdownGraceMs: 10_000,
      listenerLeaseMs: 60_000,
      workerRestartMs: 12_000,
      batchSize: 16,
      newBatchThreshold: 8,
      maxDequeueCount: 5,
      visibilityTimeoutMs: 0,
      messageEncoding: 'base64',
    });
  });

  test('is read in its own units, -1 is unbounded, and overrides win', () => {
    const queues = { visibilityTimeout: '00:05:00', batchSize: 4, newBatchThreshold: 0 };
    const read = hostConfiguration({ functionTimeout: '-1', extensions: { queues } });
    expect(read.functionTimeoutMs).toBeUndefined();
    expect(read).toMatchObject({ visibilityTimeoutMs: 300_000, batchSize: 4, newBatchThreshold: 0 });
    const quick = hostConfiguration({ extensions: { queues } }, { visibilityTimeoutMs: 10, functionTimeoutMs: 20 });
    expect([quick.visibilityTimeoutMs, quick.functionTimeoutMs]).toEqual([10, 20]);
  });

  test.each([
    [{ functionTimeout: '5 minutes' }, /functionTimeout "5 minutes"/],
    [{ extensions: { queues: { messageEncoding: 'utf7' } } }, /messageEncoding "utf7"/],
    [{ extensions: { queues: { batchSize: 33 } } }, /batchSize 33/],
  ])('is refused with %j', (hostJson, message) => {
    expect(() => hostConfiguration(hostJson)).toThrow(message);
  });
});

describe('app settings that override host.json', () => {
  test('name a section with __, whatever the case, and leave the rest alone', () => {
    const hostJson = { functionTimeout: '00:30:00', extensions: { queues: { batchSize: 4, maxDequeueCount: 5 } } };
    const settings = {
      AzureFunctionsJobHost__functionTimeout: '00:10:00',
      AzureFunctionsJobHost__Extensions__Queues__MaxDequeueCount: '2',
      ESCROW_QUEUE_NAME: 'x',
    };
    expect(hostConfiguration(withHostSettings(hostJson, settings))).toMatchObject({
      functionTimeoutMs: 600_000,
      batchSize: 4,
      maxDequeueCount: 2,
    });
    expect(hostJson.functionTimeout).toBe('00:30:00');
  });
});

describe('NCRONTAB', () => {
  test('has seconds first and is in UTC', () => {
    const nightly = parseSchedule('0 30 2 * * *');
    expect(nightly.next(new Date('2026-11-24T02:29:59.999Z'))).toEqual(new Date('2026-11-24T02:30:00Z'));
    expect(nightly.next(new Date('2026-11-24T02:30:00Z'))).toEqual(new Date('2026-11-25T02:30:00Z'));
    expect(nightly.previous(new Date('2026-11-24T02:30:00Z'))).toEqual(new Date('2026-11-23T02:30:00Z'));
    expect(nightly.includes(new Date('2026-11-24T02:30:00Z'))).toBe(true);
    expect(nightly.includes(new Date('2026-11-24T02:30:01Z'))).toBe(false);
  });

  test('wants day of month and day of week to match both', () => {
    expect(parseSchedule('0 0 0 13 * 5').next(new Date('2026-11-14T00:00:00Z'))).toEqual(
      new Date('2027-08-13T00:00:00Z'),
    );
  });

  test('knows which schedules are faster than minutes', () => {
    expect(parseSchedule('*/30 * * * * *').isFasterThanMinutes).toBe(true);
    expect(parseSchedule('0 * * * * *').isFasterThanMinutes).toBe(false);
  });

  test.each(['', '0 2 * * *', '0 0 25 * * *', '00:05:00'])('refuses "%s"', (expression) => {
    expect(() => parseSchedule(expression)).toThrow(/was not recognized as a valid cron expression/);
  });
});

describe('retry policies', () => {
  test('wait the same each time, or twice as long up to a maximum', () => {
    const fixed = { retryStrategy: 'fixedDelay', maxRetryCount: 3, delayInterval: { seconds: 5 } } as const;
    expect([1, 2, 3].map((attempts) => retryDelayMs(fixed, attempts))).toEqual([5_000, 5_000, 5_000]);
    const growing = {
      retryStrategy: 'exponentialBackoff',
      maxRetryCount: -1,
      minimumInterval: { seconds: 2 },
      maximumInterval: { seconds: 7 },
    } as const;
    expect([1, 2, 3].map((attempts) => retryDelayMs(growing, attempts))).toEqual([2_000, 4_000, 7_000]);
    expect([isRetried(fixed, 3), isRetried(fixed, 4), isRetried(growing, 100)]).toEqual([true, false, true]);
  });
});

describe('queue messages', () => {
  test('are decoded from base64 only', () => {
    expect(decodeMessage(Buffer.from('ä').toString('base64'), 'base64')).toEqual(Buffer.from('ä'));
    expect(decodeMessage('', 'base64')).toEqual(Buffer.alloc(0));
    for (const text of ['{}', 'abc', 'ab=c', '{"a":1}']) expect(decodeMessage(text, 'base64')).toBeUndefined();
    expect(decodeMessage('{}', 'none')).toEqual(Buffer.from('{}'));
  });

  test('come out of every kind of return value', () => {
    const metadata = { name: 'f', bindings: { $return: { type: 'queue', direction: 'out' } } } as FunctionMetadata;
    const texts = (returnValue: object) => outputMessages(metadata, { returnValue }, 'none').map(({ text }) => text);
    expect(texts({ json: '[{"a":1},"b",3]' })).toEqual(['{\n  "a": 1\n}', 'b', '3']);
    expect(texts({ json: '{"a":1}' })).toEqual(['{\n  "a": 1\n}']);
    expect(texts({ json: '[]' })).toEqual([]);
    expect(texts({ string: '[1]' })).toEqual(['1']);
    expect(texts({ bytes: Buffer.from('[1]') })).toEqual(['[1]']);
    expect(texts({ bytes: Buffer.from('x') })).toEqual(['x']);
    expect(texts({ int: 7 })).toEqual(['7']);
    const unbound = { name: 'f', bindings: {} };
    expect(outputMessages(unbound, { returnValue: { string: 'ignored' } }, 'none')).toEqual([]);
  });
});
