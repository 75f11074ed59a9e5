import { auditFolder, parseAuditName } from '../blob-names.ts';
import type { EscrowContainer, StoredBlob } from '../escrow-container.ts';
import type { Finding } from '../finding.ts';
import type { ChainLink, EvidenceDigest } from './audit-document.ts';
import { checkEvidence } from './evidence.ts';
import { chainUnreadable, evidenceAltered, evidenceMissing } from './evidence-findings.ts';
import { byCreation, readAudit } from './previous-audit.ts';

/** What came of following the whole chain. */
export interface ChainVerdict {
  readonly audits: number;
  /** Reports, receipts and requests whose digests were compared. */
  readonly evidence: number;
  /** Nothing in the chain itself proves the newest audit: compare this with the log line `escrow.audit.completed`. */
  readonly newest?: EvidenceDigest;
  readonly findings: readonly Finding[];
}

interface Link extends EvidenceDigest {
  readonly chain: ChainLink | undefined;
}

/**
 * Follows the chain of evidence from the first audit to the last: every audit is what its successor's digest says, and every
 * report and receipt is what the audit that lists it says. Reads all of them once.
 */
export async function verifyChain(container: EscrowContainer, outOfTime: AbortSignal): Promise<ChainVerdict> {
  const findings: Finding[] = [];
  const links: Link[] = [];
  for (const blob of await listAudits(container, outOfTime)) {
    const { name, sha256, isAsWritten, audit } = await readAudit(container, blob, outOfTime);
    if (!isAsWritten) findings.push(evidenceAltered(name, `${name} (metadata)`));
    if (audit === undefined) findings.push(chainUnreadable(name, 'cannot be read as one'));
    // Only the link is kept: an audit of a large escrow holds megabytes.
    links.push({ name, sha256, chain: audit?.chain });
  }
  const digests = new Map(links.map(({ name, sha256 }) => [name, sha256]));
  for (const [index, { name, chain }] of links.entries()) {
    if (chain === undefined) continue;
    if (chain.previous === undefined) {
      if (index > 0)
        findings.push(chainUnreadable(name, `names no audit before it, though "${links[0]?.name}" is older`));
      continue;
    }
    const found = digests.get(chain.previous.name);
    if (found === undefined) findings.push(evidenceMissing(chain.previous.name, name));
    else if (found !== chain.previous.sha256) findings.push(evidenceAltered(chain.previous.name, name));
  }
  const listed = new Map<string, string>();
  for (const { name, chain } of links) {
    // What an audit listed once more is read once.
    const unseen = (chain?.evidence ?? []).filter((one) => listed.get(one.name) !== one.sha256);
    findings.push(...(await checkEvidence(container, unseen, name, new Map(), outOfTime)));
    for (const one of unseen) listed.set(one.name, one.sha256);
  }
  const newest = links.at(-1);
  return {
    audits: links.length,
    evidence: listed.size,
    ...(newest && { newest: { name: newest.name, sha256: newest.sha256 } }),
    findings: withoutRepeats(findings),
  };
}

async function listAudits(container: EscrowContainer, outOfTime: AbortSignal): Promise<StoredBlob[]> {
  const audits: StoredBlob[] = [];
  for await (const blob of container.list(auditFolder, outOfTime)) {
    if (parseAuditName(blob.name)?.form === 'json') audits.push(blob);
  }
  return audits.sort(byCreation);
}

// An altered audit shows by its own digest and by its successor's: one line is enough.
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const said = new Set<string>();
  return findings.filter(({ finding, message }) => {
    const subject = `${finding} ${message.split('"')[1]}`;
    return !said.has(subject) && said.add(subject);
  });
}
