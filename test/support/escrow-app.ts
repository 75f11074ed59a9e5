import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { InvocationContext } from '@azure/functions';
import type { Services } from '../../src/app/services.ts';
import type { Clock } from '../../src/azure/http/clock.ts';
import type { EscrowEvent } from '../../src/escrow/ports/escrow-events.ts';
import type { TimeBudget } from '../../src/escrow/ports/time-budget.ts';
import { type EscrowPlace, escrowSettings, type SourceSetting } from './escrow-place.ts';
import { now } from './now.ts';

/** How one invocation went. */
export interface Invocation {
  readonly lines: readonly EscrowEvent[];
  readonly error: Error | undefined;
  /** What the function returned: with fan-out, the messages. */
  readonly returned: unknown;
  /** What it put on its extra output, the poison queue, as texts. */
  readonly poison: readonly string[];
}

/** One delivery of a queue message; what is not said is made up. */
export interface MessageDelivery {
  readonly messageId?: string;
  readonly insertedAt?: Date;
  readonly attempt?: number;
}

/** The product in this process: real settings, services and handlers, under an identity of the local Azure. */
export interface EscrowApp {
  readonly services: Services;
  /** Fires the timer for an occurrence. @param retryCount as the host counts it, 0 on the first attempt. */
  nightly(occurrence: Date, retryCount?: number): Promise<Invocation>;
  /** @param body what becomes JSON, or a text or bytes as they are. */
  deliver(body: unknown, delivery?: MessageDelivery): Promise<Invocation>;
}

export interface EscrowAppOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** Client id of the identity; the deployed application's when absent. */
  readonly clientId?: string;
  /** How much faster time goes for back-offs and holds; attempt time-outs stay real. */
  readonly speed?: number;
  /** The time of every invocation, instead of what functionTimeout leaves. */
  readonly time?: TimeBudget;
}

/** Time that passes `speed` times as fast. */
export function fastClock(speed: number): Clock {
  const origin = now().getTime();
  return {
    now: () => origin + (now().getTime() - origin) * speed,
    random: Math.random,
    sleep: (ms, until) => delay(ms / speed, undefined, { signal: until }).catch(() => undefined),
  };
}

/**
 * Composes the product as `src/main.ts` does. Import of the product comes late, because its shared agent and its credential
 * read the environment, which has to be the local Azure's by then.
 */
export async function startEscrowApp(
  place: EscrowPlace,
  sources: readonly SourceSetting[],
  options: EscrowAppOptions = {},
): Promise<EscrowApp> {
  const { createServices } = await import('../../src/app/services.ts');
  const { readSettings } = await import('../../src/app/settings.ts');
  const { nightlyEscrow } = await import('../../src/functions/nightly-escrow.ts');
  const { onDemandEscrow } = await import('../../src/functions/on-demand-escrow.ts');
  const clientIdBefore = process.env.AZURE_CLIENT_ID;
  process.env.AZURE_CLIENT_ID = options.clientId ?? place.identities.app.clientId;
  const settings = readSettings(escrowSettings(place, sources, options.settings));
  const { speed, time } = options;
  const composed = speed === undefined ? createServices(settings) : createServices(settings, fastClock(speed));
  const services = time === undefined ? composed : { ...composed, timeBudget: () => time };
  if (clientIdBefore === undefined) delete process.env.AZURE_CLIENT_ID;
  else process.env.AZURE_CLIENT_ID = clientIdBefore;

  const timer = nightlyEscrow(services);
  const queue = onDemandEscrow(services);
  return {
    services,
    nightly(occurrence, retryCount = 0) {
      const status = { last: '', lastUpdated: '', next: occurrence.toISOString() };
      const retryContext = { retryCount, maxRetryCount: 3 };
      return invoke(
        (context) =>
          timer.handler({ isPastDue: false, schedule: { adjustForDST: true }, scheduleStatus: status }, context),
        {
          functionName: 'nightlyEscrow',
          retryContext,
        },
      );
    },
    deliver(body, { messageId = randomUUID(), insertedAt = now(), attempt = 1 } = {}) {
      const triggerMetadata = { id: messageId, insertionTime: insertedAt.toISOString(), dequeueCount: attempt };
      return invoke((context) => queue.handler(bytesOf(body), context), {
        functionName: 'onDemandEscrow',
        triggerMetadata,
        options: { extraOutputs: queue.extraOutputs ?? [] },
      });
    },
  };
}

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

async function invoke(
  run: (context: InvocationContext) => unknown,
  init: NonNullable<ConstructorParameters<typeof InvocationContext>[0]>,
): Promise<Invocation> {
  const lines: EscrowEvent[] = [];
  const context = new InvocationContext({
    invocationId: randomUUID(),
    ...init,
    logHandler: (_level, line) => lines.push(JSON.parse(String(line))),
  });
  const poison = () =>
    (init.options?.extraOutputs ?? [])
      .map((output) => context.extraOutputs.get(output))
      .filter((one) => Buffer.isBuffer(one))
      .map(String);
  try {
    const returned = await run(context);
    return { lines, returned, error: undefined, poison: poison() };
  } catch (error) {
    return { lines, returned: undefined, error: error as Error, poison: poison() };
  }
}
