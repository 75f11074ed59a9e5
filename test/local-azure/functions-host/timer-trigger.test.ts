import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FunctionsHost, FunctionsHostOptions } from '../../../local-azure/functions-host/start.ts';
import { startFixture, useFixture, userLines } from '../../support/fixture-host.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { day, lastNight, now } from '../../support/now.ts';

interface TimerLine {
  timer: { isPastDue: boolean; scheduleStatus: { last: string; lastUpdated: string; next: string } | null };
  retryContext?: { retryCount: number; maxRetryCount: number; exception?: { message: string } };
}

let host: FunctionsHost;
let stateFile: string;
let count = 0;

const azure = await useTestAzure();
const fixture = await useFixture();

function runs(since = 0): TimerLine[] {
  return userLines(host.events.slice(since)).filter((line) => 'timer' in line) as unknown as TimerLine[];
}

const storedTimers = async () => JSON.parse(await readFile(stateFile, 'utf8')).timers;
const wire = (at: Date): string => at.toISOString().replace('.000Z', '+00:00');
const dayAfter = (at: Date): Date => new Date(at.getTime() + day);

describe('a timer that is fired from outside', () => {
  let since: number;
  beforeAll(async () => {
    stateFile = join(fixture.folder, 'fired.json');
    host = await startFixture(azure, fixture.file, { stateFile });
  });
  beforeEach(() => {
    since = host.events.length;
  });
  afterAll(() => host.stop());

  test('by hand, hands over the true next occurrence and records nothing', async () => {
    expect(await host.fireTimer('nightly')).toEqual({ invocationId: expect.any(String) });
    expect(runs()).toEqual([
      {
        timer: {
          schedule: { adjustForDST: true },
          scheduleStatus: {
            last: '0001-01-01T00:00:00',
            lastUpdated: expect.any(String),
            next: wire(dayAfter(lastNight())),
          },
          isPastDue: false,
        },
        hasMetadata: false,
      },
    ]);
    const before = await storedTimers();
    await host.fireTimer('nightly');
    expect(await storedTimers()).toEqual(before);
  });

  test('as due at what is no occurrence is refused', async () => {
    const at = new Date(lastNight().getTime() + 1000);
    await expect(host.fireTimer('nightly', { at })).rejects.toThrow(/no occurrence/);
    await expect(host.fireTimer('unknown')).rejects.toThrow(/Timers: nightly/);
  });

  test('as due at an occurrence, hands over that occurrence and records the run', async () => {
    const at = lastNight();
    const firedAt = now().getTime();
    await host.fireTimer('nightly', { at });
    expect(runs(since)[0]?.timer.scheduleStatus?.next).toBe(wire(at));
    const { nightly } = await storedTimers();
    expect(nightly.next).toBe(dayAfter(at).toISOString());
    const last = new Date(nightly.last).getTime();
    expect(last).toBeGreaterThanOrEqual(firedAt);
    expect(last).toBeLessThanOrEqual(now().getTime());
  });
});

describe('the timer trigger of the local host', () => {
  beforeEach(() => {
    count += 1;
    stateFile = join(fixture.folder, `state-${count}.json`);
  });

  afterEach(async () => {
    await host?.stop();
  });

  const start = async (settings: Record<string, string> = {}, overrides: FunctionsHostOptions['overrides'] = {}) => {
    host = await startFixture(azure, fixture.file, { stateFile, settings, overrides });
  };

  test('follows the retry policy, with the context of each retry', async () => {
    await start({ FIXTURE_TIMER: 'throw' });
    const fired = await host.fireTimer('nightly', { at: lastNight() });
    expect(fired.error).toBe('told to throw');
    expect(runs()[0]?.retryContext).toEqual({ retryCount: 0, maxRetryCount: 2 });
    expect(runs().map(({ retryContext }) => retryContext?.retryCount)).toEqual([0, 1, 2]);
    expect(runs()[2]?.retryContext?.exception?.message).toMatch(
      /^Microsoft\.Azure\.WebJobs\.Host\.FunctionInvocationException : Exception while executing function.*told to throw/s,
    );
    const ids = host.events.flatMap((event) => (event.event === 'started' ? [event.invocationId] : []));
    expect([ids.length, new Set(ids).size]).toEqual([3, 1]);
    const next = runs().map(({ timer }) => timer.scheduleStatus?.next);
    expect(new Set(next)).toEqual(new Set([wire(lastNight())]));
  });

  test('stops retrying after a success', async () => {
    await start({ FIXTURE_TIMER: 'throwOnce' });
    expect((await host.fireTimer('nightly', { at: lastNight() })).error).toBeUndefined();
    expect(runs()).toHaveLength(2);
  });

  test('killed in the middle of a run, runs it again at the next start, past due and with the same next', async () => {
    await start({ FIXTURE_TIMER: 'hang' });
    const fired = host.fireTimer('nightly', { at: lastNight() });
    const lost = expect(fired).rejects.toThrow(/ended/);
    await host.waitFor(({ event }) => event === 'log');
    await host.kill();
    await lost;
    await start();
    await host.waitFor(({ event }) => event === 'finished');
    expect(runs()).toHaveLength(1);
    expect(runs()[0]?.timer).toMatchObject({ isPastDue: true, scheduleStatus: { next: wire(lastNight()) } });
    await host.stop();
    await start();
    await host.fireTimer('nightly');
    expect(runs().map(({ timer }) => timer.isPastDue)).toEqual([false]);
  });

  test('goes on with its retries on another worker when a run outlives functionTimeout, never past due', async () => {
    await start({ FIXTURE_TIMER: 'hang' }, { functionTimeoutMs: 200 });
    const { pid } = host;
    const fired = await host.fireTimer('nightly', { at: lastNight() });
    expect(fired.error).toMatch(/Timeout value of 200 ms was exceeded/);
    expect(runs().map(({ retryContext }) => retryContext?.retryCount)).toEqual([0, 1, 2]);
    expect(runs().map(({ timer }) => timer.isPastDue)).toEqual([false, false, false]);
    expect(host.pid).toBe(pid);
  });

  test('is retried when its worker dies', async () => {
    await start({ FIXTURE_TIMER: 'dieOnce' });
    expect((await host.fireTimer('nightly', { at: lastNight() })).error).toBeUndefined();
    expect(runs().map(({ retryContext }) => retryContext?.retryCount)).toEqual([0, 1]);
  });

  test('makes no retry after a stop: what was waiting for one counts as run', async () => {
    await start({ FIXTURE_TIMER: 'throw' }, { timerRetryDelayMs: 60_000 });
    const fired = host.fireTimer('nightly', { at: lastNight() }).catch(() => undefined);
    await host.waitFor((event) => event.event === 'log' && event.message.startsWith('Waiting for 60000 ms'));
    await host.stop();
    await fired;
    expect((await storedTimers()).nightly.next).toBe(dayAfter(lastNight()).toISOString());
    await start();
    await host.fireTimer('nightly');
    expect(runs().map(({ timer }) => timer.isPastDue)).toEqual([false]);
  });

  test('waits after a kill until the lease on its listeners has run out', async () => {
    const overrides = { listenerLeaseMs: 2_000 };
    await start({ FIXTURE_TIMER: 'hang' }, overrides);
    host.fireTimer('nightly', { at: lastNight() }).catch(() => undefined);
    await host.waitFor(({ event }) => event === 'log');
    await host.kill();
    const killedAt = now().getTime();
    await start({}, overrides);
    const started = await host.waitFor(({ event }) => event === 'started');
    // It was renewed at a third of its time.
    expect(started.at - killedAt).toBeGreaterThan(900);
    expect(runs()[0]?.timer.isPastDue ?? true).toBe(true);
  });

  test('fired by hand runs although it is disabled', async () => {
    await start({ FIXTURE_SCHEDULE: '* * * * * *', 'AzureWebJobs.nightly.Disabled': 'true' });
    expect((await host.fireTimer('nightly')).error).toBeUndefined();
  });

  test('fires on its schedule, again and again', async () => {
    await start({ FIXTURE_SCHEDULE: '* * * * * *' });
    let seen = 0;
    await host.waitFor(({ event }) => event === 'finished' && ++seen === 2);
    // The real host keeps no status for schedules faster than a minute.
    const [first, second] = runs();
    expect([first?.timer.scheduleStatus, second?.timer.scheduleStatus]).toEqual([null, null]);
  });

  test('splits a returned array into one queue message per element', async () => {
    const fanOut = [{ vaultName: 'a' }, { hsmName: 'b' }];
    await start({ FIXTURE_FAN_OUT: JSON.stringify(fanOut) });
    expect((await host.fireTimer('nightly')).error).toBeUndefined();
    let seen = 0;
    await host.waitFor((event) => event.event === 'finished' && event.functionName === 'onDemand' && ++seen === 2);
    const messages = userLines(host.events).flatMap((line) => ('message' in line ? [line.message] : []));
    expect(messages).toEqual(expect.arrayContaining(fanOut));
    expect(messages).toHaveLength(2);
  });
});
