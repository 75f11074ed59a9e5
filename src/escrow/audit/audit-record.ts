import type { EscrowLog } from '../ports/escrow-events.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { auditName } from '../records/blob-names.ts';
import { mostAuditBytes } from '../records/bounded-read.ts';
import { putOnce } from '../records/put-once.ts';
import type { Audit, EvidenceDigest } from './audit-document.ts';
import { parseAudit } from './stored-audit.ts';

/** Where an audit was put; the digest goes into the log, which is outside of the escrow's own reach. */
export interface KeptAudit extends EvidenceDigest {
  /** Where its page belongs. */
  readonly pageName: string;
}

/** Keeps an audit, written once, under the next free number of its second. */
export async function keepAudit(audits: EscrowStore, audit: Audit, lastCall: AbortSignal): Promise<KeptAudit> {
  const text = `${JSON.stringify(audit)}\n`;
  const bytes = Buffer.from(text);
  if (bytes.length > mostAuditBytes || parseAudit(text) === undefined) {
    throw new Error(`the next audit could not go by it (${bytes.length} bytes)`);
  }
  for (let attempt = 1; ; attempt++) {
    const name = auditName(audit.auditId, 'json', attempt);
    const metadata = { status: audit.status };
    const put = await putOnce(audits, { name, bytes, contentType: 'application/json', metadata }, lastCall);
    if (put.written) return { name, sha256: put.sha256, pageName: auditName(audit.auditId, 'html', attempt) };
  }
}

/** @param page the page that shows this audit. */
export async function keepPage(
  audits: EscrowStore,
  { pageName }: KeptAudit,
  page: string,
  lastCall: AbortSignal,
): Promise<void> {
  const contentType = 'text/html; charset=utf-8';
  await putOnce(audits, { name: pageName, bytes: Buffer.from(page), contentType, metadata: {} }, lastCall);
}

/** One line for each finding. */
export function logFindings(log: EscrowLog, { auditId: runId, findings }: Audit): void {
  for (const finding of findings) {
    log(finding.severity === 'gap' ? 'error' : 'warn', { event: 'escrow.coverage.gap', runId, ...finding });
  }
}

/** One line for an audit that was kept. */
export function logKept(log: EscrowLog, audit: Audit, { name, sha256 }: KeptAudit): void {
  log(audit.status === 'ok' ? 'info' : 'error', {
    event: 'escrow.audit.completed',
    runId: audit.auditId,
    status: audit.status,
    keys: audit.totals.keys,
    restorable: audit.totals.restorable,
    findings: audit.findings.length,
    durationMs: Date.parse(audit.finishedAt) - Date.parse(audit.startedAt),
    blobName: name,
    sha256,
    ...(audit.chain.previous && { previousSha256: audit.chain.previous.sha256 }),
  });
}

/** What fails the invocation of an audit that found gaps: one error that carries each in `errors`. */
export class CoverageGaps extends AggregateError {
  override readonly name = 'CoverageGaps';
}

// The host cuts an exception text at about 32 KB; the audit and the log have every finding.
const mostLines = 25;

export function coverageGapsOf(audit: Audit, { name }: KeptAudit): CoverageGaps | undefined {
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
