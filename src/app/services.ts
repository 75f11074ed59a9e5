import { createCredential } from '../azure/credential.ts';
import { type Clock, systemClock } from '../azure/http/clock.ts';
import { openKeyClient } from '../azure/key-vault/key-client.ts';
import { createKeySource } from '../azure/key-vault/key-source.ts';
import { createStorageAccount } from '../azure/storage-account.ts';
import { type PacedSource, sourcePath } from '../escrow/model/source.ts';
import type { ConflictWait } from '../escrow/ports/conflict-wait.ts';
import type { EscrowStore } from '../escrow/ports/escrow-store.ts';
import type { TimeBudget } from '../escrow/ports/time-budget.ts';
import { openEscrowStore } from '../store/open-store.ts';
import type { Settings } from './settings.ts';

export type Services = ReturnType<typeof createServices>;

/** What handlers and commands work with. One per process: credential, connections and paces are shared through it. */
export function createServices(settings: Settings, clock: Clock = systemClock) {
  return compose(settings, clock).services;
}

/** The services, and what a caller needs to add its own: the credential, and the one client of a source in this process. */
export function compose(settings: Settings, clock: Clock) {
  const credential = createCredential(settings.authorityHost);
  const listeners: ((wait: ConflictWait) => void)[] = [];
  const reportWait = (wait: ConflictWait): void => {
    for (const listener of listeners) listener(wait);
  };
  const keyClientOf = onePerSource((source) => openKeyClient(source, settings.suffixes, credential, clock, reportWait));
  const opened: ReturnType<typeof openEscrowStore>[] = [];
  // Whoever does without a store needs no setting for it.
  const openLater = (urlOf: () => string, mayBeMissing: boolean): EscrowStore =>
    atFirstUse(() => {
      const store = openEscrowStore(urlOf(), credential, clock, mayBeMissing);
      opened.push(store);
      return store;
    });
  const services = {
    settings,
    /** Undefined where the settings do not name the storage account. */
    storage:
      settings.accountId === undefined
        ? undefined
        : createStorageAccount(settings.accountId, settings.resourceManagerUrl, credential, clock),
    store: openLater(() => settings.containerUrl, false),
    audits: openLater(() => settings.auditContainerUrl, true),
    drills: openLater(() => settings.drillContainerUrl, true),
    now: (): Date => new Date(clock.now()),
    /** The source's one client in this process, so that all work on it shares one pace. */
    keysOf: onePerSource((source) => createKeySource(keyClientOf(source))),
    /** The time that an invocation which begins now has before the host aborts it. */
    timeBudget(): TimeBudget {
      const total = settings.functionTimeoutMs;
      return {
        softDeadline: AbortSignal.timeout(total - Math.min(120_000, total / 4)),
        hardDeadline: AbortSignal.timeout(total - Math.min(45_000, total / 8)),
      };
    },
    /** Lets go of what this process holds, the lock of a folder. */
    release: async (): Promise<void> => {
      await Promise.all(opened.map((store) => 'release' in store && store.release()));
    },
    /** Calls the listener before every wait for another operation on a key. */
    onWait: (listener: (wait: ConflictWait) => void) => void listeners.push(listener),
    reportWait,
  };
  return { services, credential, keyClientOf };
}

/** Stands for what `make` makes, which happens when a member of it is first used. */
export function atFirstUse<T extends object>(make: () => T): T {
  let made: T | undefined;
  return new Proxy({} as T, {
    get(_, member) {
      made ??= make();
      return Reflect.get(made, member);
    },
  });
}

/** Makes one thing for each source, at its first use. */
export function onePerSource<T>(make: (source: PacedSource) => T): (source: PacedSource) => T {
  const made = new Map<string, T>();
  return (source) => {
    const path = sourcePath(source);
    const one = made.get(path) ?? make(source);
    made.set(path, one);
    return one;
  };
}
