import { setImmediate as nextRound } from 'node:timers/promises';
import type { EscrowStore } from '../../src/escrow/ports/escrow-store.ts';
import type { KeySource } from '../../src/escrow/ports/key-source.ts';

export interface Death {
  /** The call that the process dies in, counting from 0 over all its ports. */
  readonly atCall: number;
  /** Whether that call still reached its service. */
  readonly lands: boolean;
}

interface Ports {
  readonly keys: KeySource;
  readonly store: EscrowStore;
}

/** The same ports for a process that is killed in the middle of its n-th call: from then on nothing ever answers it. */
export function mortal({ keys, store }: Ports, { atCall, lands }: Death): Ports {
  let calls = 0;
  const live = async <T>(call: () => Promise<T>): Promise<T> => {
    const number = calls++;
    if (number < atCall) return call();
    if (number === atCall && lands) await call().catch(() => undefined);
    return new Promise<T>(() => undefined);
  };
  async function* all<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    const listing = items[Symbol.asyncIterator]();
    for (;;) {
      const next = await live(() => listing.next());
      if (next.done) return;
      yield next.value;
    }
  }
  return {
    keys: {
      ...keys,
      listKeys: (deadline) => all(keys.listKeys(deadline)),
      getKey: (name, deadline) => live(() => keys.getKey(name, deadline)),
      backUpKey: (name, deadline) => live(() => keys.backUpKey(name, deadline)),
    },
    store: {
      ...store,
      create: (blob, deadline) => live(() => store.create(blob, deadline)),
      replace: (blob, deadline) => live(() => store.replace(blob, deadline)),
      find: (name, deadline) => live(() => store.find(name, deadline)),
      list: ((prefix, deadline, options) => all(store.list(prefix, deadline, options))) as EscrowStore['list'],
    },
  };
}

/** Lets a run come to its end, or to where it will never go on: then undefined. In-memory ports wait for nothing else. */
export async function endOf<T>(run: Promise<T>): Promise<T | undefined> {
  let ended: { readonly value: T } | undefined;
  void run.then((value) => {
    ended = { value };
  });
  for (let round = 0; round < 3; round++) await nextRound();
  return ended?.value;
}
