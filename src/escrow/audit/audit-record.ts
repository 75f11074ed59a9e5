import { auditName } from '../blob-names.ts';
import type { EscrowContainer, NewBlob } from '../escrow-container.ts';
import type { EscrowLog } from '../escrow-events.ts';
import { putOnce } from '../put-once.ts';
import type { Audit, EvidenceDigest } from './audit-document.ts';

/** Where an audit was put; the digest goes into the log, which is outside of the escrow's own reach. */
export interface WrittenAudit {
  readonly name: string;
  readonly sha256: string;
  readonly pageName: string;
}

/**
 * Writes an audit and its page once, under the next free number of its second.
 * @param pageOf renders the page, which names the audit that it shows.
 */
export async function writeAudit(
  container: EscrowContainer,
  audit: Audit,
  pageOf: (audit: Audit, written: EvidenceDigest) => string,
  lastCall: AbortSignal,
): Promise<WrittenAudit> {
  const bytes = Buffer.from(`${JSON.stringify(audit)}\n`);
  for (let attempt = 1; ; attempt++) {
    const name = auditName(audit.auditId, 'json', attempt);
    const metadata = { status: audit.status };
    const put = await putOnce(container, { name, bytes, contentType: 'application/json', metadata }, lastCall);
    if (!put.written) continue;
    const pageName = auditName(audit.auditId, 'html', attempt);
    await putOnce(container, pageBlob(pageName, pageOf(audit, { name, sha256: put.sha256 })), lastCall);
    return { name, sha256: put.sha256, pageName };
  }
}

function pageBlob(name: string, page: string): NewBlob {
  return { name, bytes: Buffer.from(page), contentType: 'text/html; charset=utf-8', metadata: {} };
}

/** One line for each finding and one for the audit. */
export function logAudit(log: EscrowLog, audit: Audit, written: WrittenAudit): void {
  const runId = audit.auditId;
  for (const finding of audit.findings) {
    log(finding.severity === 'gap' ? 'error' : 'warn', { event: 'escrow.coverage.gap', runId, ...finding });
  }
  log(audit.status === 'ok' ? 'info' : 'error', {
    event: 'escrow.audit.completed',
    runId,
    status: audit.status,
    keys: audit.totals.keys,
    restorable: audit.totals.restorable,
    findings: audit.findings.length,
    durationMs: Date.parse(audit.finishedAt) - Date.parse(audit.startedAt),
    blobName: written.name,
    sha256: written.sha256,
  });
}

/** What fails the invocation of an audit that found gaps: one error that carries each in `errors`. */
export class CoverageGaps extends AggregateError {
  override readonly name = 'CoverageGaps';
}

// The host cuts an exception text at about 32 KB; the audit and the log have every finding.
const mostLines = 25;

export function coverageGapsOf(audit: Audit, { name }: WrittenAudit): CoverageGaps | undefined {
  if (audit.status === 'ok') return undefined;
  const gaps = audit.findings.filter(({ severity }) => severity === 'gap');
  const { keys, restorable } = audit.totals;
  const lines = gaps.slice(0, mostLines).map(({ message }) => `- ${message}`);
  if (gaps.length > mostLines) lines.push(`- and ${gaps.length - mostLines} more, in ${name} and the log`);
  const count = gaps.length === 1 ? '1 gap' : `${gaps.length} gaps`;
  const head = `The escrow audit ${audit.auditId} found ${count}; ${restorable} of ${keys} keys can be brought back.`;
  return new CoverageGaps(
    gaps.map(({ message, finding }) => Object.assign(new Error(message), { code: finding })),
    [head, ...lines].join('\n'),
  );
}
