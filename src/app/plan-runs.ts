import { scheduledRunId } from '../escrow/model/run-id.ts';
import { parseSchedule } from '../escrow/model/run-time.ts';
import type { SourceId } from '../escrow/model/source.ts';
import type { EscrowLog } from '../escrow/ports/escrow-events.ts';
import { runSource } from '../escrow/run/source-run.ts';
import { chooseConfigured } from './known-names.ts';
import { portsOf } from './run-sources.ts';
import type { Task } from './task.ts';

export type RunPlan = Awaited<ReturnType<typeof planRuns>>;

/**
 * What the next run would do, found out with the run's own code under what-if: it lists, and backs up and writes nothing.
 * @param wanted only this source, which must be configured. @throws UsageFault
 */
export async function planRuns(wanted: SourceId | undefined, task: Task, onKey: () => void) {
  const { services, signal } = task;
  const { settings, now } = services;
  /** Null for a schedule that never occurs. */
  const nextRun = parseSchedule(settings.schedule).nextRun(now());
  const runId = scheduledRunId(nextRun ?? now());
  const time = { softDeadline: signal, hardDeadline: signal };
  const log: EscrowLog = (_level, line) => {
    if (line.event.startsWith('escrow.key.')) onKey();
  };
  const runs = chooseConfigured(wanted, task).map((source) => {
    const job = { source, runId, trigger: 'schedule', attempt: 1, whatIf: true } as const;
    return runSource(job, portsOf(services, source, log, time));
  });
  return { nextRun, runs: await Promise.all(runs) };
}
