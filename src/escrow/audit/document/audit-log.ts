import { counted, findingMessage } from '../../model/finding.ts';
import type { EscrowLog } from '../../ports/escrow-events.ts';
import type { Audit } from '../../records/audit-document.ts';
import type { SavedAudit } from '../../records/stored-audits.ts';

/** One line for each finding. */
export function logFindings(log: EscrowLog, { auditId: runId, findings }: Audit): void {
  for (const found of findings) {
    const { finding, severity, source, key, remedy } = found;
    log(severity === 'gap' ? 'error' : 'warn', {
      event: 'escrow.coverage.gap',
      runId,
      finding,
      severity,
      ...(source !== undefined && { source }),
      ...(key !== undefined && { key }),
      message: findingMessage(found),
      remedy,
    });
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

// The host cuts an exception text at about 32 KB; the audit and the log have every finding.
const maxLines = 25;

export function coverageGapsOf(audit: Audit, { name }: SavedAudit): CoverageGaps | undefined {
  if (audit.status === 'ok') return undefined;
  const gaps = audit.findings.filter(({ severity }) => severity === 'gap');
  const { keys, intact } = audit.totals;
  const lines = gaps.slice(0, maxLines).map((gap) => `- ${findingMessage(gap)}`);
  if (gaps.length > maxLines) lines.push(`- and ${gaps.length - maxLines} more, in ${name} and the log`);
  const head = `The escrow audit ${audit.auditId} found ${counted(gaps.length, 'gap')}; ${intact} of ${counted(keys, 'key')} have an intact backup.`;
  return new CoverageGaps(
    gaps.map((gap) => Object.assign(new Error(findingMessage(gap)), { code: gap.finding })),
    [head, ...lines].join('\n'),
  );
}
