import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { InvocationContext } from '@azure/functions';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import type { Clock } from '../../src/azure/http/clock.ts';
import type { EscrowEvent } from '../../src/escrow/ports/escrow-events.ts';
import type { TimeBudget } from '../../src/escrow/ports/time-budget.ts';
import { servicesAs } from './as-identity.ts';
import { type EscrowPlace, escrowSettings, type SourceSetting } from './escrow-place.ts';
import { now } from './now.ts';

/** How one invocation went. */
export type Invocation = Awaited<ReturnType<typeof invoke>>;

interface EscrowAppOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** The deployed application when absent. */
  readonly identity?: Pick<LocalIdentity, 'clientId'>;
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

/** What the host hands to a timer's function. */
export function timerFor(next: string) {
  const scheduleStatus = { last: '', lastUpdated: '', next };
  return { isPastDue: false, schedule: { adjustForDST: true }, scheduleStatus };
}

/** The product in this process, composed as `src/main.ts` does: real settings, services and handlers, under an identity of the local Azure. */
export async function startEscrowApp(
  place: EscrowPlace,
  sources: readonly SourceSetting[],
  options: EscrowAppOptions = {},
) {
  const { nightlyEscrow } = await import('../../src/functions/nightly-escrow.ts');
  const { onDemandEscrow } = await import('../../src/functions/on-demand-escrow.ts');
  const { identity = place.identities.app, speed, time } = options;
  const env = escrowSettings(place, sources, options.settings);
  const composed = await servicesAs(identity, env, speed === undefined ? undefined : fastClock(speed));
  const services = time === undefined ? composed : { ...composed, timeBudget: () => time };
  const timer = nightlyEscrow(services);
  const queue = onDemandEscrow(services);
  return {
    services,
    /** Fires the timer for an occurrence. @param retryCount as the host counts it, 0 on the first attempt. */
    nightly(occurrence: Date, retryCount = 0) {
      const retryContext = { retryCount, maxRetryCount: 3 };
      const due = timerFor(occurrence.toISOString());
      return invoke((context) => timer.handler(due, context), { functionName: 'nightlyEscrow', retryContext });
    },
    /** Delivers a queue message. @param body what becomes JSON, or a text or bytes as they are. */
    deliver(body: unknown, delivery: { messageId?: string; insertedAt?: Date; attempt?: number } = {}) {
      const { messageId = randomUUID(), insertedAt = now(), attempt = 1 } = delivery;
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

/** Calls a function as the host does, and keeps what it logs. */
export async function invoke(
  run: (context: InvocationContext) => unknown,
  init: NonNullable<ConstructorParameters<typeof InvocationContext>[0]>,
) {
  /** The lines as they were logged. */
  const texts: string[] = [];
  const lines: EscrowEvent[] = [];
  /** The level of the last line of each event. */
  const levels: Record<string, string> = {};
  const context = new InvocationContext({
    invocationId: randomUUID(),
    ...init,
    logHandler(level, text) {
      const line: EscrowEvent = JSON.parse(String(text));
      texts.push(String(text));
      lines.push(line);
      levels[line.event] = level;
    },
  });
  const ended = await Promise.resolve()
    .then(() => run(context))
    .then(
      (returned: unknown) => ({ returned, error: undefined }),
      (error: Error) => ({ returned: undefined, error }),
    );
  /** What it put on its extra output, the poison queue. */
  const poison = (init.options?.extraOutputs ?? [])
    .map((output) => context.extraOutputs.get(output))
    .filter((one) => Buffer.isBuffer(one))
    .map(String);
  return { lines, texts, levels, ...ended, poison };
}
