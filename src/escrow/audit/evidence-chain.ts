import type { Finding } from '../model/finding.ts';
import { asWarning } from '../model/finding.ts';
import type { EscrowStores } from '../ports/escrow-stores.ts';
import { parseAuditName } from '../records/blob-names.ts';
import type { ChainLink, EvidenceDigest } from './audit-document.ts';
import { findPairless } from './audit-pages.ts';
import { isAuditDocument, listAudits } from './audit-trail.ts';
import { digestsIn, findOverlooked } from './chain-link.ts';
import { checkEvidence } from './evidence.ts';
import { auditMissing, chainUnreadable, notAsWritten } from './evidence-findings.ts';
import { auditsMissedBetween, dueAfter } from './missed-audits.ts';
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
  readonly schedule: string | undefined;
}

/**
 * Follows the chain of evidence from the first audit to the last: every audit is what its successor's digest says, every
 * report, receipt and page is what the audit that lists it says, no audit leaves out another, and none that was due is missing.
 * Reads all of them once.
 */
export async function verifyChain(stores: EscrowStores, now: Date, outOfTime: AbortSignal): Promise<ChainVerdict> {
  const findings: Finding[] = [];
  const links: Link[] = [];
  const blobs = await listAudits(stores.audits, outOfTime);
  for (const blob of blobs.filter(isAuditDocument)) {
    const { name, sha256, isAsWritten, createdAt, audit } = await readAudit(stores.audits, blob, outOfTime);
    if (!isAsWritten) findings.push(notAsWritten(name));
    if (audit === undefined) findings.push(chainUnreadable(name));
    // Only the link is kept: an audit of a large escrow holds megabytes.
    links.push({ name, sha256, createdAt, chain: audit?.chain, schedule: audit?.asked.auditSchedule });
  }
  const audits = new Map(links.map(({ name, sha256 }) => [name, sha256]));
  const listed = new Map<string, string>();
  for (const { name, createdAt, chain } of links) {
    if (chain === undefined) continue;
    // What an audit listed once more is read once.
    const unseen = digestsIn(chain).filter((one) => listed.get(one.name) !== one.sha256);
    for (const found of await checkEvidence(stores, unseen, name, audits, outOfTime)) findings.push(found);
    for (const one of unseen) listed.set(one.name, one.sha256);
    findings.push(...findOverlooked({ name, createdAt, chain }, blobs));
  }
  const newest = links.at(-1);
  return {
    audits: links.length,
    evidence: [...listed.keys()].filter((name) => parseAuditName(name)?.form !== 'json').length,
    ...(newest && { newest: { name: newest.name, sha256: newest.sha256 } }),
    findings: withoutRepeats([...findings, ...findPairless(blobs, blobs, now), ...missedIn(links, now)]),
  };
}

// An audit that is due may be under way for so long.
const graceMs = 60 * 60 * 1000;

/** Audits that are missing between two others were told by the later one, so they are a warning here. */
function missedIn(links: readonly Link[], now: Date): Finding[] {
  const between = links.slice(1).flatMap(({ schedule, createdAt }, index) => {
    const before = links[index];
    return schedule === undefined || before?.schedule !== schedule
      ? []
      : auditsMissedBetween(schedule, before.createdAt, createdAt).map(asWarning);
  });
  const newest = links.at(-1);
  if (newest?.schedule === undefined) return between;
  const { schedule, createdAt } = newest;
  const dues = dueAfter(schedule, createdAt, new Date(now.getTime() - graceMs));
  return [...between, ...auditMissing(dues, createdAt)];
}

// An altered audit shows by its own digest and by its successor's: one line is enough.
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const said = new Set<string>();
  return findings.filter(({ finding, message }) => {
    const kind = finding === 'pageMissing' ? 'evidenceMissing' : finding;
    const subject = `${kind} ${message.split('"')[1] ?? message}`;
    return !said.has(subject) && said.add(subject);
  });
}
