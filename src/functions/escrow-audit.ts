import type { InvocationContext, Timer, TimerFunctionOptions } from '@azure/functions';
import { conductAudit } from '../escrow/audit/audit.ts';
import { coverageGapsOf, logAudit, writeAudit } from '../escrow/audit/audit-record.ts';
import { orNoAudit } from '../escrow/audit/no-audit.ts';
import { reportPage } from '../escrow/page/report-page.ts';
import type { Services } from '../services.ts';
import { contextLog } from './context-log.ts';

/**
 * The daily audit. It fails on gaps, so that silence and loss raise the alarm even if the nightly job never ran. It is not
 * retried: what it found stays found, and an audit that did not come about is an alarm of its own.
 */
export function escrowAudit(services: Services): TimerFunctionOptions {
  const { settings, container } = services;
  return {
    schedule: '%ESCROW_AUDIT_SCHEDULE%',
    async handler(_timer: Timer, context: InvocationContext) {
      const { outOfTime, lastCall } = services.timeBudget();
      const { audit, written } = await orNoAudit(async () => {
        const made = await conductAudit({ ...settings, provesWriteOnce: true }, { ...services, outOfTime });
        return { audit: made, written: await writeAudit(container, made, reportPage, lastCall) };
      });
      logAudit(contextLog(context), audit, written);
      const gaps = coverageGapsOf(audit, written);
      if (gaps !== undefined) throw gaps;
    },
  };
}
