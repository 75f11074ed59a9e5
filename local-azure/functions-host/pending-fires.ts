import type { HostMessage } from './host-process.ts';

/** How a fired timer ended; `error` is the failure of its last attempt. */
export interface FiredTimer {
  readonly invocationId?: string;
  readonly error?: string;
}

/** Timers that were fired in the host process and have not ended yet. */
export function createPendingFires() {
  const waiting = new Map<number, PromiseWithResolvers<FiredTimer>>();
  let nextId = 0;
  return {
    add(send: (id: number) => void): Promise<FiredTimer> {
      const id = nextId;
      nextId += 1;
      const fired = Promise.withResolvers<FiredTimer>();
      waiting.set(id, fired);
      send(id);
      return fired.promise;
    },
    settle(message: Extract<HostMessage, { id: number }>): void {
      const { id, event, ...fired } = message;
      if (event === 'fired') waiting.get(id)?.resolve(fired);
      else waiting.get(id)?.reject(new Error(message.error));
      waiting.delete(id);
    },
    failAll(reason: string): void {
      for (const { reject } of waiting.values()) reject(new Error(reason));
      waiting.clear();
    },
  };
}
