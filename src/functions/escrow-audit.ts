import type { InvocationContext, Timer, TimerFunctionOptions } from '@azure/functions';
import { auditEscrow } from '../app/audit-escrow.ts';
import type { Services } from '../app/services.ts';
import { contextLog } from './context-log.ts';
import { withPrintableError } from './printable-error.ts';

/**
 * The daily audit. It fails on gaps, so that silence and loss raise the alarm even if the nightly job never ran. It is not
 * retried: what it found stays found, and an audit that did not come about is an alarm of its own.
 */
export function escrowAudit(services: Services): TimerFunctionOptions {
  return {
    schedule: '%ESCROW_AUDIT_SCHEDULE%',
    async handler(_timer: Timer, context: InvocationContext) {
      await withPrintableError(() => auditEscrow(services, contextLog(context)));
    },
  };
}
