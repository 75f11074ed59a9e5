import { conductAudit } from '../escrow/audit/audit.ts';
import type { Audit, EvidenceDigest } from '../escrow/audit/audit-document.ts';
import { readAuditTrail } from '../escrow/audit/audit-trail.ts';
import { EscrowFault } from '../escrow/model/failure.ts';
import { answerLine } from '../escrow/page/answer.ts';
import { reportPage } from '../escrow/page/report-page.ts';
import type { Task } from './task.ts';

export interface ShownAudit {
  readonly audit: Audit;
  /** Where it is kept; undefined for one made now. */
  readonly kept: EvidenceDigest | undefined;
  /** Self-contained HTML. */
  readonly page: string;
  /** The answer in one sentence. */
  readonly answer: string;
}

/** The newest audit that is kept. It needs no source to be there any more. @throws EscrowFault when there is none to go by. */
export async function showNewestAudit({ services, signal }: Task): Promise<ShownAudit> {
  const { newest, unsound } = await readAuditTrail(services.audits, services.now(), signal);
  const [altered] = unsound;
  if (altered !== undefined) {
    throw new EscrowFault(
      'auditAltered',
      `the newest audit "${altered.name}" is not as it was written`,
      'Find out who replaced it (storage logs), run verify --chain, and audit now: `keyvault-escrow report --now`.',
    );
  }
  if (newest === undefined) {
    throw new EscrowFault(
      'noAudit',
      'there is no audit in the container yet',
      'Wait for the daily audit, or audit now: `keyvault-escrow report --now`.',
    );
  }
  return shown(newest.audit, { name: newest.name, sha256: newest.sha256 });
}

/** An audit made now under the identity of whoever asks, and not kept. */
export async function auditNow({ services, signal }: Task): Promise<ShownAudit> {
  const { settings, container, audits, drills, now, keysOf } = services;
  const ports = { container, audits, drills, now, keysOf, outOfTime: signal };
  return shown(await conductAudit(settings, ports), undefined);
}

function shown(audit: Audit, kept: EvidenceDigest | undefined): ShownAudit {
  return { audit, kept, page: reportPage(audit, kept), answer: answerLine(audit) };
}
