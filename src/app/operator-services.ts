import { type Clock, systemClock } from '../azure/http/clock.ts';
import { createKeyOperator } from '../azure/key-vault/key-operator.ts';
import { createRequestQueue } from '../azure/request-queue.ts';
import { createResourceGraph } from '../azure/resource-graph.ts';
import { prepareStore } from '../store/open-store.ts';
import { atFirstUse, compose, onePerSource } from './services.ts';
import type { Settings } from './settings.ts';

export type OperatorServices = ReturnType<typeof createOperatorServices>;

/**
 * What a person's commands work with beyond the app's own services: abilities that the deployed app never has. Apart from
 * src/app/services.ts so that none of it is in the bundle that is deployed.
 */
export function createOperatorServices(settings: Settings, clock: Clock = systemClock) {
  const { services, credential, keyClientOf } = compose(settings, clock);
  return {
    ...services,
    /** Any vault or Managed HSM of the cloud, as the person names it; configured or not. */
    operatorOf: onePerSource((target) => createKeyOperator(keyClientOf(target), services.keysOf(target))),
    // Not every command needs the queue, nor has its settings.
    requests: atFirstUse(() => createRequestQueue(settings.queueServiceUrl, settings.queueName, credential, clock)),
    /** Makes the escrow's folder where it is one and not there yet. */
    prepareStore: () => prepareStore(settings.containerUrl),
    /** What there is in Azure, as far as the person may see it. */
    resourceGraph: createResourceGraph(settings.resourceManagerUrl, credential, clock),
    /** Resolves after `ms`, or at once when the signal aborts. */
    sleep: (ms: number, until: AbortSignal) => clock.sleep(ms, until),
  };
}
