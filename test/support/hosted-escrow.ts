import type { FunctionsHost } from '../../local-azure/functions-host/start.ts';
import { type ContainerView, viewContainer } from './container-view.ts';
import { type EscrowHostOptions, startEscrowHost } from './escrow-host.ts';
import { startTestAzure, type TestAzure, type TestSource } from './local-azure.ts';
import { type QueueView, viewQueue } from './queue-view.ts';

/** The deployed bundle in the local host, the local Azure that it works on, and what a test sees of it from outside. */
export interface HostedEscrow {
  readonly azure: TestAzure;
  readonly host: FunctionsHost;
  readonly container: ContainerView;
  readonly queue: QueueView;
  stop(): Promise<void>;
}

/** Start it in `beforeAll`, stop it in `afterAll`; one per file. @param sources what there is, configured or not. */
export async function startHostedEscrow(
  sources: readonly TestSource[],
  options: EscrowHostOptions,
): Promise<HostedEscrow> {
  await using starting = new AsyncDisposableStack();
  const azure = starting.use(await startTestAzure({ sources }));
  const host = starting.use(await startEscrowHost(azure, options));
  const started = starting.move();
  const stop = () => started.disposeAsync();
  return { azure, host, container: viewContainer(azure), queue: viewQueue(azure), stop };
}
