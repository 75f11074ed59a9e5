import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { escrowEventOf } from '../../local-azure/demonstration/first-pass.ts';
import type { HostOverrides } from '../../local-azure/functions-host/host-configuration.ts';
import type { HostEvent } from '../../local-azure/functions-host/host-events.ts';
import { type FunctionsHost, startFunctionsHost } from '../../local-azure/functions-host/start.ts';
import type { EscrowEvent } from '../../src/escrow/ports/escrow-events.ts';
import { type EscrowPlace, escrowSettings, type SourceSetting } from './escrow-place.ts';

const root = new URL('../../', import.meta.url);

/** The deployed bundle. @throws when it was not built: the tests of triggers are about it, not about the sources. */
export function builtBundle(): string {
  const bundle = fileURLToPath(new URL('dist/main.cjs', root));
  if (!existsSync(bundle)) throw new Error('dist/main.cjs is not there: run "npm run build" first (npm test does).');
  return bundle;
}

export interface EscrowHostOptions {
  readonly sources: readonly SourceSetting[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly overrides?: HostOverrides;
  readonly stateFile?: string;
}

/** The times of a host, minutes made into moments. */
export const moments = {
  visibilityTimeoutMs: 0,
  messageLeaseMs: 60_000,
  maxPollingIntervalMs: 100,
  timerRetryDelayMs: 50,
  listenerLeaseMs: 300,
  workerRestartMs: 0,
  hostRestartMs: 0,
  shutdownGraceMs: 2_000,
};

/** The real bundle with the real host.json in the local functions host, fast where the real host is patient. */
export function startEscrowHost(place: EscrowPlace, options: EscrowHostOptions): Promise<FunctionsHost> {
  return startFunctionsHost({
    bundle: builtBundle(),
    hostJson: fileURLToPath(new URL('host.json', root)),
    settings: { ...place.env, ...escrowSettings(place, options.sources, options.settings) },
    overrides: { ...moments, ...options.overrides },
    ...(options.stateFile === undefined ? {} : { stateFile: options.stateFile }),
  });
}

/** The product's own log lines among what happened in a host. */
export function escrowLines(events: readonly HostEvent[], since = 0): EscrowEvent[] {
  return events.slice(since).flatMap((event) => escrowEventOf(event) ?? []);
}

type LineOf<Name extends EscrowEvent['event']> = Extract<EscrowEvent, { event: Name }>;

/** Those of one name. */
export function linesNamed<Name extends EscrowEvent['event']>(
  lines: readonly EscrowEvent[],
  name: Name,
): LineOf<Name>[] {
  return lines.filter((line): line is LineOf<Name> => line.event === name);
}
