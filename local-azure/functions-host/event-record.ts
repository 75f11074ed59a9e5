import type { HostEvent } from './host-events.ts';

export interface WaitOptions {
  /** Index into the events: earlier ones do not count. */
  readonly since?: number;
  readonly timeoutMs?: number;
}

export interface WaitFor {
  <Found extends HostEvent>(test: (event: HostEvent) => event is Found, options?: WaitOptions): Promise<Found>;
  (test: (event: HostEvent) => boolean, options?: WaitOptions): Promise<HostEvent>;
}

interface EventRecord {
  readonly events: readonly HostEvent[];
  add(event: HostEvent): void;
  /** Nothing more will come: fails everybody who waits. */
  end(): void;
  readonly waitFor: WaitFor;
}

/** What happened so far, and a way to wait for what is to come. */
export function createEventRecord(): EventRecord {
  const events: HostEvent[] = [];
  const listeners = new Set<(event: HostEvent | undefined) => void>();
  const waitFor = (
    test: (event: HostEvent) => boolean,
    { since = 0, timeoutMs = 60_000 }: WaitOptions = {},
  ): Promise<HostEvent> => {
    const past = events.slice(since).find(test);
    if (past !== undefined) return Promise.resolve(past);
    const { promise, resolve, reject } = Promise.withResolvers<HostEvent>();
    const fail = (reason: string): void => {
      const last = events.slice(-8).map((event) => JSON.stringify(event));
      reject(new Error(`${reason}. Its last events:\n${last.join('\n')}`));
    };
    const listen = (event: HostEvent | undefined): void => {
      if (event === undefined) fail('The functions host ended');
      else if (test(event)) resolve(event);
    };
    const timer = setTimeout(() => fail(`The functions host did not do it within ${timeoutMs} ms`), timeoutMs);
    listeners.add(listen);
    return promise.finally(() => {
      clearTimeout(timer);
      listeners.delete(listen);
    });
  };
  const settle = (event: HostEvent | undefined): void => {
    for (const listener of [...listeners]) listener(event);
  };
  return {
    events,
    add(event) {
      events.push(event);
      settle(event);
    },
    end: () => settle(undefined),
    waitFor: waitFor as WaitFor,
  };
}
