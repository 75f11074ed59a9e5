import type { Finding } from '../model/finding.ts';
import type { StoredBlob } from '../ports/escrow-store.ts';
import type { EscrowStores } from '../ports/escrow-stores.ts';
import { parseAuditName } from '../records/blob-names.ts';
import type { ChainLink, EvidenceDigest } from './audit-document.ts';
import { findPairless } from './audit-pages.ts';
import type { AuditTrail, SoundAudit } from './audit-trail.ts';
import { checkEvidence } from './evidence.ts';
import { chainUnreadable, evidenceUnlisted, notAsWritten } from './evidence-findings.ts';

/**
 * Longer than an audit takes. An audit lists its evidence first and is written last: what was created this long before it, it
 * has seen; what was created no longer before it may have come after it looked there.
 */
export const auditSpan = 2 * 60 * 60 * 1000;

/** Whether the audit after this one has to list a blob. */
export function isNewEvidence(previous: SoundAudit | undefined): (blob: StoredBlob) => boolean {
  if (previous === undefined) return () => true;
  const since = previous.createdAt.getTime() - auditSpan;
  const named = namesIn(previous.audit.chain).add(previous.name);
  return ({ name, createdAt }) => !named.has(name) && createdAt.getTime() >= since;
}

/** The link of an audit after `previous`. @param fresh what is new to it. @param digests of all of them. */
export function nextLink(
  previous: SoundAudit | undefined,
  fresh: readonly StoredBlob[],
  digests: ReadonlyMap<string, string>,
): ChainLink {
  const isNews = fresh.some(({ name }) => parseAuditName(name) === undefined);
  const before = isNews || previous === undefined ? [] : previous.audit.chain.evidence;
  const kept = before.filter(({ name }) => parseAuditName(name) === undefined);
  return {
    ...(previous && { previous: { name: previous.name, sha256: previous.sha256 } }),
    evidence: [...kept, ...digestsOf(fresh, digests)].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function digestsOf(blobs: readonly StoredBlob[], digests: ReadonlyMap<string, string>): EvidenceDigest[] {
  return blobs.flatMap(({ name }) => {
    const sha256 = digests.get(name);
    return sha256 === undefined ? [] : [{ name, sha256 }];
  });
}

export interface LinkContext {
  readonly stores: EscrowStores;
  readonly now: Date;
  readonly outOfTime: AbortSignal;
}

/**
 * What is wrong with the chain as far as one audit looks: the audit before it, what that one lists, and what is new.
 * @param digests of what has been read already; the rest is read here.
 */
export async function findBrokenLinks(
  { blobs, newest, unsound }: AuditTrail,
  fresh: readonly StoredBlob[],
  digests: ReadonlyMap<string, string>,
  { stores, now, outOfTime }: LinkContext,
): Promise<Finding[]> {
  const unreadable = new Set(unsound.flatMap(({ name, audit }) => (audit === undefined ? [name] : [])));
  const findings = [...unreadable].map(chainUnreadable);
  for (const { name, metadata } of fresh) {
    const found = digests.get(name);
    if (found !== undefined && found !== metadata.sha256 && !unreadable.has(name)) findings.push(notAsWritten(name));
  }
  const paired = newest === undefined ? fresh : [...blobs.filter(({ name }) => name === newest.name), ...fresh];
  const pairless = findPairless(paired, blobs, now);
  if (newest === undefined) return [...findings, ...pairless];
  const { chain } = newest.audit;
  const listed = await checkEvidence(stores, digestsIn(chain), newest.name, digests, outOfTime);
  return [...findings, ...pairless, ...listed, ...findOverlooked({ ...newest, chain }, blobs)];
}

/** One audit as its place in the chain shows it. */
export interface PlacedLink {
  readonly name: string;
  readonly createdAt: Date;
  readonly chain: ChainLink;
}

/**
 * Whether an audit leaves out others, or pages, that were there before it and came after the one that it names as the audit
 * before: somebody's own branch of the chain. Audits that ran side by side do not know each other; the next one lists them.
 */
export function findOverlooked(link: PlacedLink, blobs: readonly StoredBlob[]): Finding[] {
  const { name, createdAt, chain } = link;
  const before = blobs.find((blob) => blob.name === chain.previous?.name);
  // An audit before that is gone is a finding of its own.
  if (chain.previous !== undefined && before === undefined) return [];
  const named = namesIn(chain);
  const overlooked = blobs.filter(
    (blob) =>
      (before === undefined || blob.createdAt > before.createdAt) &&
      blob.createdAt.getTime() + auditSpan <= createdAt.getTime() &&
      !named.has(blob.name),
  );
  const latest = overlooked.at(-1);
  return latest === undefined ? [] : [evidenceUnlisted(name, latest.name, overlooked.length)];
}

function namesIn(chain: ChainLink): Set<string> {
  return new Set(digestsIn(chain).map(({ name }) => name));
}

/** Everything that an audit names by its digest. */
export function digestsIn({ previous, evidence }: ChainLink): EvidenceDigest[] {
  return previous === undefined ? [...evidence] : [previous, ...evidence];
}
