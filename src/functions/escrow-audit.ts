import type { InvocationContext, Timer, TimerFunctionOptions } from '@azure/functions';
import type { Services } from '../app/services.ts';
import { conductAudit } from '../escrow/audit/audit.ts';
import { coverageGapsOf, keepAudit, keepPage, logFindings, logKept } from '../escrow/audit/audit-record.ts';
import { orNoAudit } from '../escrow/audit/no-audit.ts';
import { reportPage } from '../escrow/page/report-page.ts';
import type { EscrowLog } from '../escrow/ports/escrow-events.ts';
import { contextLog } from './context-log.ts';

/**
 * The daily audit. It fails on gaps, so that silence and loss raise the alarm even if the nightly job never ran. It is not
 * retried: what it found stays found, and an audit that did not come about is an alarm of its own.
 */
export function escrowAudit(services: Services): TimerFunctionOptions {
  return {
    schedule: '%ESCROW_AUDIT_SCHEDULE%',
    async handler(_timer: Timer, context: InvocationContext) {
      await auditEscrow(services, contextLog(context));
    },
  };
}

/**
 * Audits, says what it found, keeps the audit and its page. What was found is said before anything is kept: it must not be
 * lost with a container that takes no audit.
 * @throws NoAudit, or CoverageGaps when everything is kept and there are gaps.
 */
export async function auditEscrow(services: Services, log: EscrowLog): Promise<void> {
  const { settings, audits } = services;
  const { outOfTime, lastCall } = services.timeBudget();
  const audit = await orNoAudit('audit the escrow', () => conductAudit(settings, { ...services, outOfTime }));
  logFindings(log, audit);
  const kept = await orNoAudit(`keep the audit ${audit.auditId}`, () => keepAudit(audits, audit, lastCall));
  logKept(log, audit, kept);
  const page = reportPage(audit, kept);
  await orNoAudit(`write the page of "${kept.name}"`, () => keepPage(audits, kept, page, lastCall));
  const gaps = coverageGapsOf(audit, kept);
  if (gaps !== undefined) throw gaps;
}
