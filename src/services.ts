import { createEscrowContainer } from './azure/blob-container.ts';
import type { Clock } from './azure/clock.ts';
import { systemClock } from './azure/clock.ts';
import { createCredential } from './azure/credential.ts';
import { createKeySource } from './azure/vault-key-source.ts';
import { sourcePath } from './escrow/blob-names.ts';
import type { EscrowContainer } from './escrow/escrow-container.ts';
import type { KeySource } from './escrow/key-source.ts';
import type { EscrowSource } from './escrow/source.ts';
import type { TimeBudget } from './escrow/time-budget.ts';
import type { Settings } from './settings.ts';

/** What handlers and commands work with. One per process: credential, connections and paces are shared through it. */
export interface Services {
  readonly settings: Settings;
  readonly container: EscrowContainer;
  now(): Date;
  /** The source's one client in this process, so that all work on it shares one pace. */
  keysOf(source: EscrowSource): KeySource;
  /** The time that an invocation which begins now has before the host aborts it. */
  timeBudget(): TimeBudget;
}

export function createServices(settings: Settings, clock: Clock = systemClock): Services {
  const credential = createCredential(settings.authorityHost);
  const keySources = new Map<string, KeySource>();
  return {
    settings,
    container: createEscrowContainer(settings.containerUrl, credential, clock),
    now: () => new Date(clock.now()),
    keysOf(source) {
      const path = sourcePath(source);
      const existing = keySources.get(path);
      if (existing !== undefined) return existing;
      const created = createKeySource({ source, suffixes: settings.suffixes, credential, clock });
      keySources.set(path, created);
      return created;
    },
    timeBudget() {
      const total = settings.functionTimeoutMs;
      return {
        outOfTime: AbortSignal.timeout(total - Math.min(120_000, total / 4)),
        lastCall: AbortSignal.timeout(total - Math.min(45_000, total / 8)),
      };
    },
  };
}
