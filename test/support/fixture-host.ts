import { afterAll } from 'vitest';
import type { HostEvent } from '../../local-azure/functions-host/host-events.ts';
import {
  type FunctionsHost,
  type FunctionsHostOptions,
  startFunctionsHost,
} from '../../local-azure/functions-host/start.ts';
import { type BundledProgram, bundleProgram } from './bundled-program.ts';
import { moments } from './escrow-host.ts';
import type { TestAzure } from './local-azure.ts';
import { runSchedule } from './now.ts';

/** The fixture application for the tests of a file, bundled as `npm run build` bundles the product. */
export async function useFixture(): Promise<BundledProgram> {
  const fixture = await bundleProgram(new URL('../local-azure/functions-host/fixture-app.ts', import.meta.url));
  afterAll(() => fixture[Symbol.asyncDispose]());
  return fixture;
}

/** The fixture in the local host, as the application's identity. It is fast where the real host is patient. */
export async function startFixture(
  azure: TestAzure,
  bundle: string,
  options: Partial<FunctionsHostOptions> = {},
): Promise<FunctionsHost> {
  return await startFunctionsHost({
    bundle,
    hostJson: { functionTimeout: '00:01:00', extensions: { queues: { batchSize: 8, maxDequeueCount: 3 } } },
    ...options,
    overrides: { ...moments, timerRetryDelayMs: 0, serviceRetryDelayMs: 20, ...options.overrides },
    settings: {
      ...azure.env,
      FIXTURE_QUEUE: azure.queueName,
      FIXTURE_SCHEDULE: runSchedule,
      FIXTURE__queueServiceUri: azure.queueServiceUrl,
      FIXTURE__credential: 'managedidentity',
      FIXTURE__clientId: azure.identities.app.clientId,
      ...options.settings,
    },
  });
}

/** The JSON lines that the application logged. */
export function userLines(events: readonly HostEvent[]): Record<string, unknown>[] {
  return events.flatMap((event) =>
    event.event === 'log' && event.category === 'user' ? [JSON.parse(event.message) as Record<string, unknown>] : [],
  );
}
