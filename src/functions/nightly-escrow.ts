import { type InvocationContext, output, type Timer, type TimerFunctionOptions } from '@azure/functions';
import { runSources } from '../app/run-sources.ts';
import type { Services } from '../app/services.ts';
import { tryWriteOnce } from '../app/try-write-once.ts';
import { scheduledRunId } from '../escrow/model/run-id.ts';
import { runTimeOfTimer } from '../escrow/model/run-time.ts';
import { namesOfSource } from '../escrow/model/source.ts';
import { contextLog } from './context-log.ts';
import { withPrintableError } from './printable-error.ts';

/** The nightly run over every source; with `ESCROW_FAN_OUT` it asks the queue function for each source instead. */
export function nightlyEscrow(services: Services): TimerFunctionOptions {
  const { settings } = services;
  return {
    schedule: '%ESCROW_SCHEDULE%',
    // A timer's failed invocation is not rerun before the next night without this; each retry resumes the same run.
    retry: { strategy: 'fixedDelay', maxRetryCount: 3, delayInterval: { minutes: 5 } },
    ...(settings.fanOut && {
      return: output.storageQueue({ queueName: '%ESCROW_QUEUE_NAME%', connection: 'ESCROW_QUEUE' }),
    }),
    async handler(timer: Timer, context: InvocationContext) {
      const runTime = runTimeOfTimer(timer.scheduleStatus, settings.schedule, services.now());
      const runId = scheduledRunId(runTime);
      const log = contextLog(context);
      const trial = tryWriteOnce(services, runId, log);
      if (settings.fanOut) {
        await trial;
        return settings.sources.map((source) => ({ ...namesOfSource(source), runTime: runTime.toISOString() }));
      }
      const job = {
        runId,
        trigger: 'schedule',
        attempt: (context.retryContext?.retryCount ?? 0) + 1,
        whatIf: false,
      } as const;
      // Side by side: what the trial says must not hold the backups up.
      await Promise.all([trial, withPrintableError(() => runSources(services, settings.sources, job, log))]);
      return undefined;
    },
  };
}
