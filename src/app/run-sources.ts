import type { EscrowSource } from '../escrow/model/source.ts';
import type { EscrowLog } from '../escrow/ports/escrow-events.ts';
import type { TimeBudget } from '../escrow/ports/time-budget.ts';
import { incompleteRunOf } from '../escrow/run/incomplete-run.ts';
import { type RunPorts, runSource, type SourceJob } from '../escrow/run/source-run.ts';
import type { Services } from './services.ts';

export function portsOf(services: Services, source: EscrowSource, log: EscrowLog, time: TimeBudget): RunPorts {
  return { keys: services.keysOf(source), store: services.store, now: services.now, time, log };
}

/**
 * Runs sources side by side; none stops another.
 * @param time of the invocation; by default it begins now.
 * @throws IncompleteRun one error with every failure of every source, after all have ended.
 */
export async function runSources(
  services: Services,
  sources: readonly EscrowSource[],
  job: Omit<SourceJob, 'source'>,
  log: EscrowLog,
  time: TimeBudget = services.timeBudget(),
): Promise<void> {
  const runs = await Promise.all(
    sources.map((source) => runSource({ ...job, source }, portsOf(services, source, log, time))),
  );
  const incomplete = incompleteRunOf(runs);
  if (incomplete !== undefined) throw incomplete;
}
