import packageJson from '../../package.json' with { type: 'json' };
import { conductAudit } from '../escrow/audit/audit.ts';
import { wrapAuditFailure } from '../escrow/audit/document/audit-failed.ts';
import { coverageGapsOf, logFindings, logSaved } from '../escrow/audit/document/audit-log.ts';
import { reportPage } from '../escrow/page/report-page.ts';
import type { EscrowLog } from '../escrow/ports/escrow-events.ts';
import type { Audit } from '../escrow/records/audit-document.ts';
import { saveAudit, savePage } from '../escrow/records/stored-audits.ts';
import type { Services } from './services.ts';

/** Audits with the identity of whoever asks, and keeps nothing. */
export function conductAuditNow(services: Services, deadline: AbortSignal): Promise<Audit> {
  // One by one: a setting that this part of the app does without throws when it is read.
  const { sources, schedule, auditSchedule, maxAgeHours, maxDrillAgeDays, owner, functionTimeoutMs } =
    services.settings;
  const asked = { sources, schedule, auditSchedule, maxAgeHours, maxDrillAgeDays, owner, functionTimeoutMs };
  return conductAudit({ ...asked, version: packageJson.version }, { ...services, deadline });
}

/**
 * The daily audit: audits, logs what it found, saves the audit and its page. What was found is logged before anything is saved: it
 * must not be lost with a store that takes no audit.
 * @throws AuditFailedError, or CoverageGaps when everything is saved and there are gaps.
 */
export async function auditEscrow(services: Services, log: EscrowLog): Promise<void> {
  const { softDeadline, hardDeadline } = services.timeBudget();
  const audit = await wrapAuditFailure('audit the escrow', () => conductAuditNow(services, softDeadline));
  logFindings(log, audit);
  const saved = await wrapAuditFailure(`save the audit ${audit.auditId}`, () =>
    saveAudit(services.audits, audit, hardDeadline),
  );
  logSaved(log, audit, saved);
  const page = Buffer.from(reportPage(audit, saved));
  await wrapAuditFailure(`write the page of "${saved.name}"`, () =>
    savePage(services.audits, saved, page, hardDeadline),
  );
  const gaps = coverageGapsOf(audit, saved);
  if (gaps !== undefined) throw gaps;
}
