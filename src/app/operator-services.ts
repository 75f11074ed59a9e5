import { type Clock, systemClock } from '../azure/http/clock.ts';
import { createKeyOperator } from '../azure/key-vault/key-operator.ts';
import { createRequestQueue } from '../azure/request-queue.ts';
import { createResourceGraph, type ResourceGraph } from '../azure/resource-graph.ts';
import type { PacedSource } from '../escrow/model/source.ts';
import type { KeyOperator } from '../escrow/ports/key-operator.ts';
import type { RequestQueue } from '../escrow/ports/request-queue.ts';
import { prepareStore } from '../store/open-store.ts';
import { atFirstUse, compose, onePerSource, type Services } from './services.ts';
import type { Settings } from './settings.ts';

/**
 * What a person's commands work with beyond the app's own services: abilities that the deployed app never has. Apart from
 * src/app/services.ts so that none of it is in the bundle that is deployed.
 */
export interface OperatorServices extends Services {
  /** Any vault or Managed HSM of the cloud, as the person names it; configured or not. */
  operatorOf(target: PacedSource): KeyOperator;
  readonly requests: RequestQueue;
  /** Makes the escrow's folder where it is one and not there yet. */
  prepareStore(): Promise<void>;
  /** What there is in Azure, as far as the person may see it. */
  readonly resourceGraph: ResourceGraph;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, until: AbortSignal): Promise<void>;
}

export function createOperatorServices(settings: Settings, clock: Clock = systemClock): OperatorServices {
  const { services, credential, keyClientOf } = compose(settings, clock);
  return {
    ...services,
    operatorOf: onePerSource((target) => createKeyOperator(keyClientOf(target), services.keysOf(target))),
    // Not every command needs the queue, nor has its settings.
    requests: atFirstUse(() => createRequestQueue(settings.queueServiceUrl, settings.queueName, credential, clock)),
    prepareStore: () => prepareStore(settings.containerUrl),
    resourceGraph: createResourceGraph(settings.resourceManagerUrl, credential, clock),
    sleep: (ms, until) => clock.sleep(ms, until),
  };
}
