import { count, digits } from '../../model/count.ts';
import { findingMessage } from '../../model/finding.ts';
import type { EscrowLog } from '../../ports/escrow-events.ts';
import type { Audit } from '../../records/audit-document.ts';
import type { SavedAudit } from '../../records/stored-audits.ts';
import { textOf } from '../../run/incomplete-run.ts';

export function logFindings(log: EscrowLog, { auditId: runId, findings }: Audit): void {
  for (const one of findings) {
    const { reason: _, detail: _detail, ...fields } = one;
    const level = one.severity === 'gap' ? 'error' : 'warn';
    log(level, { event: 'escrow.coverage.gap', runId, ...fields, message: findingMessage(one) });
  }
}

/** One line for an audit that was saved: the end of the chain, where the escrow cannot reach. */
export function logSaved(log: EscrowLog, audit: Audit, { name, sha256 }: SavedAudit): void {
  const { keys, intact, proven } = audit.totals;
  log(audit.status === 'ok' ? 'info' : 'error', {
    event: 'escrow.audit.completed',
    runId: audit.auditId,
    status: audit.status,
    keys,
    intact,
    proven,
    findings: audit.findings.length,
    durationMs: Date.parse(audit.finishedAt) - Date.parse(audit.startedAt),
    blobName: name,
    sha256,
    ...(audit.previous && { previousSha256: audit.previous.sha256 }),
  });
}

/** What fails the invocation of an audit that found gaps: one error that carries each in `errors`. */
export class CoverageGaps extends AggregateError {
  override readonly name = 'CoverageGaps';
}

export function coverageGapsOf(audit: Audit, { name }: Pick<SavedAudit, 'name'>): CoverageGaps | undefined {
  if (audit.status === 'ok') return undefined;
  const gaps = audit.findings.filter(({ severity }) => severity === 'gap');
  const { keys, intact } = audit.totals;
  const head = `The escrow audit ${audit.auditId} found ${count(gaps.length, 'gap')}; ${digits(intact)} of ${count(keys, 'key')} have an intact backup.`;
  const errors = gaps.map((gap) => Object.assign(new Error(findingMessage(gap)), { code: gap.finding }));
  return new CoverageGaps(errors, textOf(head, errors, `${name} and the log`));
}
