import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FunctionsHost } from '../../../local-azure/functions-host/start.ts';
import type { BundledProgram } from '../../support/bundled-program.ts';
import { bundleFixture, startFixture, userLines } from '../../support/fixture-host.ts';
import { startTestAzure, type TestAzure } from '../../support/local-azure.ts';
import { day, lastNight, now } from '../../support/now.ts';

interface TimerLine {
  timer: { isPastDue: boolean; scheduleStatus: { last: string; lastUpdated: string; next: string } | null };
  retryContext?: { retryCount: number; maxRetryCount: number; exception?: { message: string } };
}

let azure: TestAzure;
let fixture: BundledProgram;
let host: FunctionsHost;
let stateFile: string;
let count = 0;

beforeAll(async () => {
  azure = await startTestAzure();
  fixture = await bundleFixture();
});

beforeEach(() => {
  count += 1;
  stateFile = join(fixture.folder, `state-${count}.json`);
});

afterEach(async () => {
  await host?.stop();
});

afterAll(async () => {
  await fixture?.[Symbol.asyncDispose]();
  await azure?.stop();
});

function runs(): TimerLine[] {
  return userLines(host.events).filter((line) => 'timer' in line) as unknown as TimerLine[];
}

function wire(at: Date): string {
  return at.toISOString().replace('.000Z', '+00:00');
}

function dayAfter(at: Date): Date {
  return new Date(at.getTime() + day);
}

describe('the timer trigger of the local host', () => {
  test('fired by hand, hands over the true next occurrence and records nothing', async () => {
    host = await startFixture(azure, fixture.file, { stateFile });
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
    const before = await readFile(stateFile, 'utf8');
    await host.fireTimer('nightly');
    expect(await readFile(stateFile, 'utf8')).toBe(before);
  });

  test('due at an occurrence, hands over that occurrence and records the run', async () => {
    host = await startFixture(azure, fixture.file, { stateFile });
    const at = lastNight();
    const firedAt = now().getTime();
    await host.fireTimer('nightly', { at });
    expect(runs()[0]?.timer.scheduleStatus?.next).toBe(wire(at));
    const recorded = JSON.parse(await readFile(stateFile, 'utf8'));
    expect(recorded.timers.nightly.next).toBe(dayAfter(at).toISOString());
    const last = new Date(recorded.timers.nightly.last).getTime();
    expect(last).toBeGreaterThanOrEqual(firedAt);
    expect(last).toBeLessThanOrEqual(now().getTime());
  });

  test('refuses to be due at what is no occurrence', async () => {
    host = await startFixture(azure, fixture.file);
    const at = new Date(lastNight().getTime() + 1000);
    await expect(host.fireTimer('nightly', { at })).rejects.toThrow(/no occurrence/);
    await expect(host.fireTimer('unknown')).rejects.toThrow(/Timers: nightly/);
  });

  test('follows the retry policy, with the context of each retry', async () => {
    host = await startFixture(azure, fixture.file, { stateFile, settings: { FIXTURE_TIMER: 'throw' } });
    const fired = await host.fireTimer('nightly', { at: lastNight() });
    expect(fired.error).toBe('told to throw');
    expect(runs().map(({ retryContext }) => retryContext?.retryCount)).toEqual([undefined, 1, 2]);
    expect(runs()[2]?.retryContext).toMatchObject({ maxRetryCount: 2, exception: { message: 'told to throw' } });
    const next = runs().map(({ timer }) => timer.scheduleStatus?.next);
    expect(new Set(next)).toEqual(new Set([wire(lastNight())]));
  });

  test('stops retrying after a success', async () => {
    host = await startFixture(azure, fixture.file, { settings: { FIXTURE_TIMER: 'throwOnce' } });
    expect((await host.fireTimer('nightly', { at: lastNight() })).error).toBeUndefined();
    expect(runs()).toHaveLength(2);
  });

  test('killed in the middle of a run, runs it again at the next start, past due and with the same next', async () => {
    host = await startFixture(azure, fixture.file, { stateFile, settings: { FIXTURE_TIMER: 'hang' } });
    const fired = host.fireTimer('nightly', { at: lastNight() });
    const lost = expect(fired).rejects.toThrow(/ended/);
    await host.waitFor(({ event }) => event === 'log');
    await host.kill();
    await lost;
    host = await startFixture(azure, fixture.file, { stateFile });
    await host.waitFor(({ event }) => event === 'finished');
    expect(runs()).toHaveLength(1);
    expect(runs()[0]?.timer).toMatchObject({ isPastDue: true, scheduleStatus: { next: wire(lastNight()) } });
    await host.stop();
    host = await startFixture(azure, fixture.file, { stateFile });
    await host.fireTimer('nightly');
    expect(runs().map(({ timer }) => timer.isPastDue)).toEqual([false]);
  });

  test('goes on with its retries in the next process when a run outlives functionTimeout', async () => {
    const overrides = { functionTimeoutMs: 200 };
    host = await startFixture(azure, fixture.file, { stateFile, overrides, settings: { FIXTURE_TIMER: 'hang' } });
    const fired = host.fireTimer('nightly', { at: lastNight() }).catch(() => undefined);
    let seen = 0;
    await host.waitFor(({ event }) => event === 'finished' && ++seen === 3);
    await fired;
    expect(runs().map(({ retryContext }) => retryContext?.retryCount)).toEqual([undefined, 1, 2]);
  });

  test('fires on its schedule, again and again', async () => {
    host = await startFixture(azure, fixture.file, { settings: { FIXTURE_SCHEDULE: '* * * * * *' } });
    let seen = 0;
    await host.waitFor(({ event }) => event === 'finished' && ++seen === 2);
    // The real host keeps no status for schedules faster than a minute.
    expect(
      runs()
        .slice(0, 2)
        .map(({ timer }) => timer.scheduleStatus),
    ).toEqual([null, null]);
  });

  test('splits a returned array into one queue message per element', async () => {
    const fanOut = [{ vaultName: 'a' }, { hsmName: 'b' }];
    host = await startFixture(azure, fixture.file, { settings: { FIXTURE_FAN_OUT: JSON.stringify(fanOut) } });
    await host.fireTimer('nightly');
    let seen = 0;
    await host.waitFor((event) => event.event === 'finished' && event.functionName === 'onDemand' && ++seen === 2);
    const messages = userLines(host.events).flatMap((line) => ('message' in line ? [line.message] : []));
    expect(messages).toEqual(expect.arrayContaining(fanOut));
    expect(messages).toHaveLength(2);
  });
});
