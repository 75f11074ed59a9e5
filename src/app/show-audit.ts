import { EscrowFault } from '../escrow/model/failure.ts';
import { answerLine } from '../escrow/page/answer.ts';
import { reportPage } from '../escrow/page/report-page.ts';
import type { Audit, AuditDigest } from '../escrow/records/audit-document.ts';
import { readLatestAudit } from '../escrow/records/stored-audits.ts';
import { conductAuditNow } from './audit-escrow.ts';
import type { Task } from './task.ts';

/**
 * The newest audit that can be read; one that cannot be, archived or spoiled, is named and stops nothing. It needs no source to be
 * there any more.
 * @throws EscrowFault when there is none.
 */
export async function showNewestAudit({ services, signal, say }: Task) {
  const { audit, unreadable } = await readLatestAudit(services.audits, signal);
  const [newest] = unreadable;
  if (newest !== undefined) {
    say(`The newest audit ${newest.name} cannot be read: ${newest.why}. Find out why (storage logs).`);
  }
  if (audit === undefined) {
    throw new EscrowFault(
      'noAudit',
      `there is no audit ${newest === undefined ? '' : 'that can be read '}in ${services.audits.url} yet`,
      'Wait for the daily audit, or audit now: `keyvault-escrow report --now`.',
    );
  }
  const { head, keys, name, sha256 } = audit;
  return shown({ ...head, keys }, { name, sha256 });
}

/** An audit made now under the identity of whoever asks, and not kept. */
export async function auditNow({ services, signal }: Task) {
  return shown(await conductAuditNow(services, signal), undefined);
}

/** The audit; where it is kept; its page, self-contained HTML; its answer in one sentence. */
function shown(audit: Audit, stored: AuditDigest | undefined) {
  return { audit, stored, page: reportPage(audit, stored), answer: answerLine(audit) };
}
