import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { FunctionsHost } from '../../../local-azure/functions-host/start.ts';
import { startFixture, useFixture } from '../../support/fixture-host.ts';
import { isAlive } from '../../support/living-process.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { runSchedule } from '../../support/now.ts';
import { useTestFolder } from '../../support/temporary-folder.ts';

let host: FunctionsHost | undefined;

const azure = await useTestAzure();
const fixture = await useFixture();

afterEach(async () => {
  await host?.stop();
  host = undefined;
});

describe('the local functions host', () => {
  test('reports exactly what the application registered', async () => {
    host = await startFixture(azure, fixture.file);
    expect(host.functionErrors).toEqual({});
    expect(host.registrations.map(({ name }) => name)).toEqual(['nightly', 'onDemand']);
    const bindings = host.registrations.map((one) =>
      Object.values(one.bindings).map(({ type, direction }) => [type, direction]),
    );
    expect(bindings).toEqual([
      [
        ['timerTrigger', 'in'],
        ['queue', 'out'],
      ],
      [
        ['queueTrigger', 'in'],
        ['queue', 'out'],
      ],
    ]);
    expect(host.registrations[0]?.retryOptions).toMatchObject({
      retryStrategy: 'fixedDelay',
      maxRetryCount: 2,
      delayInterval: { seconds: 300 },
    });
  });

  test('names the setting that a binding needs and that is not there, and runs the other functions', async () => {
    host = await startFixture(azure, fixture.file, { settings: { FIXTURE_SCHEDULE: '' } });
    expect(host.functionErrors).toEqual({
      nightly: "Microsoft.Azure.WebJobs.Host: '%FIXTURE_SCHEDULE%' does not resolve to a value.",
    });
    const message = expect.stringContaining("The 'nightly' function is in error");
    expect(host.events).toContainEqual(expect.objectContaining({ level: 'error', message }));
  });

  test('names the connection that is not there', async () => {
    host = await startFixture(azure, fixture.file, { settings: { FIXTURE__queueServiceUri: '' } });
    expect(host.functionErrors.onDemand).toMatch(/'FIXTURE' does not exist.*FIXTURE__queueServiceUri/);
  });

  test('does not look for another identity where the local Azure gives none', async () => {
    host = await startFixture(azure, fixture.file, { settings: { IDENTITY_ENDPOINT: '' } });
    expect(host.functionErrors.onDemand).toMatch(/Set IDENTITY_ENDPOINT and IDENTITY_HEADER/);
  });

  test('refuses a schedule that is none', async () => {
    host = await startFixture(azure, fixture.file, { settings: { FIXTURE_SCHEDULE: 'every night' } });
    expect(host.functionErrors.nightly).toMatch(/'every night' was not recognized as a valid cron expression/);
  });

  test.each([
    ['before it registered anything', 'throwFirst', 'information'],
    ['after it registered a function', 'throwLater', 'error'],
  ])(
    'runs without functions when the application throws %s, and reports it as the real host does',
    async (_when, load, level) => {
      host = await startFixture(azure, fixture.file, { settings: { FIXTURE_LOAD: load } });
      expect(host.registrations).toEqual([]);
      const reason = 'Worker was unable to load entry point "main.cjs": told to throw while loading';
      const reported = host.events.filter((event) => event.event === 'log' && event.message === reason);
      expect(reported).toMatchObject([{ level, category: 'host' }]);
      await expect(host.fireTimer('nightly')).rejects.toThrow(/Timers: none/);
    },
  );

  test('loads no application that registers a hook, instead of never calling it', async () => {
    host = await startFixture(azure, fixture.file, { settings: { FIXTURE_LOAD: 'hook' } });
    expect(host.registrations).toEqual([]);
    const message = expect.stringContaining('The local host runs no hooks: preInvocation');
    expect(host.events).toContainEqual(expect.objectContaining({ event: 'log', level: 'error', message }));
  });

  test('does not start with a host.json that says what it does not know', async () => {
    const hostJson = { functionTimeout: 'half an hour' };
    await expect(startFixture(azure, fixture.file, { hostJson })).rejects.toThrow(/functionTimeout "half an hour"/);
  });

  test('leaves no process when it is stopped while a function hangs', async () => {
    host = await startFixture(azure, fixture.file, {
      settings: { FIXTURE_TIMER: 'hang' },
      overrides: { shutdownGraceMs: 200 },
    });
    const { pid, workerPid } = host;
    const fired = host.fireTimer('nightly').catch((error: Error) => error.message);
    await host.waitFor(({ event }) => event === 'log');
    await host.stop();
    expect([isAlive(pid), isAlive(workerPid)]).toEqual([false, false]);
    expect(await fired).toMatch(/ended before/);
    expect(host.events).not.toContainEqual(expect.objectContaining({ event: 'output', text: '' }));
  });

  test.each([
    ['while it starts', 1],
    ['once it runs', 2],
  ])('leaves no process and no file when the process that started it is killed %s', async (_when, processes) => {
    const settings = {
      ...azure.env,
      FIXTURE_QUEUE: azure.queueName,
      FIXTURE_SCHEDULE: runSchedule,
      FIXTURE__queueServiceUri: azure.queueServiceUrl,
    };
    const script = `
      import { startFunctionsHost } from ${JSON.stringify(new URL('../../../local-azure/functions-host/start.ts', import.meta.url).href)};
      const host = await startFunctionsHost({
        bundle: ${JSON.stringify(fixture.file)},
        settings: ${JSON.stringify(settings)},
        hostJson: {},
        onEvent: ({ event, pid }) => event === 'workerStarted' && console.log(pid),
      });
      console.log(host.pid);
    `;
    const folder = await useTestFolder();
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TMPDIR: folder, TEMP: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const pids: number[] = [];
    for await (const line of createInterface({ input: parent.stdout }))
      if (pids.push(Number(line)) === processes) break;
    expect(pids.map(isAlive)).toEqual(pids.map(() => true));
    expect(await readdir(folder)).toHaveLength(1);
    parent.kill('SIGKILL');
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
    await expect.poll(() => readdir(folder)).toEqual([]);
  });
});
