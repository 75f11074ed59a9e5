import { auditFolder, parseAuditName } from '../blob-names.ts';
import type { EscrowContainer } from '../escrow-container.ts';
import type { Finding } from '../finding.ts';
import type { ChainLink, EvidenceDigest } from './audit-document.ts';
import { isAuditDocument, listAudits } from './audit-trail.ts';
import { digestsIn, findOverlooked, pagesWithoutAudit } from './chain-link.ts';
import { checkEvidence } from './evidence.ts';
import { chainUnreadable, evidenceAltered } from './evidence-findings.ts';
import { readAudit } from './stored-audit.ts';

/** What came of following the whole chain. */
export interface ChainVerdict {
  readonly audits: number;
  /** Reports, receipts, requests and pages whose digests were compared. */
  readonly evidence: number;
  /** Nothing in the chain itself proves the newest audit: compare this with the log line `escrow.audit.completed`. */
  readonly newest?: EvidenceDigest;
  readonly findings: readonly Finding[];
}

interface Link extends EvidenceDigest {
  readonly createdAt: Date;
  readonly chain: ChainLink | undefined;
}

/**
 * Follows the chain of evidence from the first audit to the last: every audit is what its successor's digest says, every
 * report, receipt and page is what the audit that lists it says, and no audit leaves out another. Reads all of them once.
 */
export async function verifyChain(container: EscrowContainer, outOfTime: AbortSignal): Promise<ChainVerdict> {
  const findings: Finding[] = [];
  const links: Link[] = [];
  const blobs = await listAudits(container, [auditFolder], outOfTime);
  for (const blob of blobs.filter(isAuditDocument)) {
    const { name, sha256, isAsWritten, createdAt, audit } = await readAudit(container, blob, outOfTime);
    if (!isAsWritten) findings.push(evidenceAltered(name, `${name} (metadata)`));
    if (audit === undefined) findings.push(chainUnreadable(name, 'cannot be read as one'));
    // Only the link is kept: an audit of a large escrow holds megabytes.
    links.push({ name, sha256, createdAt, chain: audit?.chain });
  }
  const audits = new Map(links.map(({ name, sha256 }) => [name, sha256]));
  const listed = new Map<string, string>();
  for (const { name, createdAt, chain } of links) {
    if (chain === undefined) continue;
    // What an audit listed once more is read once.
    const unseen = digestsIn(chain).filter((one) => listed.get(one.name) !== one.sha256);
    findings.push(...(await checkEvidence(container, unseen, name, audits, outOfTime)));
    for (const one of unseen) listed.set(one.name, one.sha256);
    findings.push(...findOverlooked({ name, createdAt, chain }, blobs));
  }
  const newest = links.at(-1);
  return {
    audits: links.length,
    evidence: [...listed.keys()].filter((name) => parseAuditName(name)?.form !== 'json').length,
    ...(newest && { newest: { name: newest.name, sha256: newest.sha256 } }),
    findings: withoutRepeats([...findings, ...pagesWithoutAudit(blobs, blobs)]),
  };
}

// An altered audit shows by its own digest and by its successor's: one line is enough.
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const said = new Set<string>();
  return findings.filter(({ finding, message }) => {
    const subject = `${finding} ${message.split('"')[1]}`;
    return !said.has(subject) && said.add(subject);
  });
}
