import { afterAll } from 'vitest';
import { viewContainer } from './container-view.ts';
import { type EscrowHostOptions, startEscrowHost } from './escrow-host.ts';
import { type TestSource, useTestAzure } from './local-azure.ts';
import { viewQueue } from './queue-view.ts';

/**
 * The deployed bundle in the local host, the local Azure that it works on, and what a test sees of it from outside, for a whole
 * test file. @param sources what there is, configured or not.
 */
export async function useHostedEscrow(sources: readonly TestSource[], options: EscrowHostOptions) {
  const azure = await useTestAzure({ sources });
  const host = await startEscrowHost(azure, options);
  afterAll(() => host.stop());
  return { azure, host, container: viewContainer(azure), queue: viewQueue(azure) };
}
