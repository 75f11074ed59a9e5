import type { Clock } from '../../src/azure/http/clock.ts';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
}

interface SimulatedClock extends Clock {
  /** A signal that aborts after so many milliseconds of simulated time. */
  abortAfter(ms: number): AbortSignal;
}

/**
 * Time that passes only when nothing is left to do: events happen one by one in the order of their instants, and every
 * consequence of one (all microtasks) is done before the next. Fit for code that waits for nothing but this clock.
 */
export function createSimulatedClock(startAt = 0, random: () => number = () => 0): SimulatedClock {
  let now = startAt;
  let order = 0;
  let pumping = false;
  const events: Event[] = [];

  const pump = (): void => {
    const next = events.reduce<Event | undefined>(
      (first, event) =>
        first === undefined || event.at < first.at || (event.at === first.at && event.order < first.order)
          ? event
          : first,
      undefined,
    );
    if (next === undefined) {
      pumping = false;
      return;
    }
    events.splice(events.indexOf(next), 1);
    now = Math.max(now, next.at);
    next.happen();
    setImmediate(pump);
  };

  const schedule = (ms: number, happen: () => void): void => {
    events.push({ at: now + ms, order: order++, happen });
    if (pumping) return;
    pumping = true;
    setImmediate(pump);
  };

  return {
    now: () => now,
    random,
    sleep(ms, until) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (until.aborted) resolve();
      until.addEventListener('abort', () => resolve(), { once: true });
      schedule(ms, resolve);
      return promise;
    },
    abortAfter(ms) {
      const controller = new AbortController();
      schedule(ms, () => controller.abort());
      return controller.signal;
    },
  };
}
