import type { HostEvent } from '../../local-azure/functions-host/host-events.ts';
import type { FunctionsHost } from '../../local-azure/functions-host/start.ts';

export const isFinished = (event: HostEvent) => event.event === 'finished';
export const isPoisoned = (event: HostEvent) => event.event === 'poisoned';

/** How each invocation ended: with its error, or undefined. */
export function errorsOf(events: readonly HostEvent[]): (string | undefined)[] {
  return events.flatMap((event) => (event.event === 'finished' ? [event.error] : []));
}

type Logged = Extract<HostEvent, { event: 'log' }>;

/** It found something after which the real host ends. */
export function isGivingUp(event: HostEvent): event is Logged {
  return event.event === 'log' && event.message.includes('Host is shutting down');
}

/** Comes back when the host gave up and the next one is ready. @returns why it gave up. */
export async function untilRestarted(host: FunctionsHost, since = 0): Promise<string> {
  const end = await host.waitFor(isGivingUp, { since });
  await host.waitFor(({ event }) => event === 'ready', { since: host.events.indexOf(end) });
  return end.message;
}
