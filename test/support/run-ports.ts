import type { EscrowEvent, LogLevel } from '../../src/escrow/ports/escrow-events.ts';
import type { EscrowStore } from '../../src/escrow/ports/escrow-store.ts';
import type { KeySource } from '../../src/escrow/ports/key-source.ts';
import type { TimeBudget } from '../../src/escrow/ports/time-budget.ts';
import type { RunPorts } from '../../src/escrow/run/source-run.ts';
import { noLimit } from './escrow-sources.ts';

/** The ports of a run, with a fixed time and a log that keeps its lines. */
export function runPorts(
  keys: KeySource,
  store: EscrowStore,
  time: TimeBudget = { softDeadline: noLimit, hardDeadline: noLimit },
) {
  const lines: { readonly level: LogLevel; readonly event: EscrowEvent }[] = [];
  const log: RunPorts['log'] = (level, event) => lines.push({ level, event });
  return { keys, store, time, log, lines, now: () => new Date('2026-11-24T02:00:00Z') };
}
