import { auditName, parseAuditName } from '../blob-names.ts';
import type { EscrowContainer, StoredBlob } from '../escrow-container.ts';
import type { Finding } from '../finding.ts';
import { parseSchedule } from '../run-time.ts';
import type { ChainLink, EvidenceDigest } from './audit-document.ts';
import type { AuditTrail, SoundAudit } from './audit-trail.ts';
import { isAuditDocument } from './audit-trail.ts';
import { checkEvidence } from './evidence.ts';
import {
  auditMissing,
  chainUnreadable,
  evidenceAltered,
  evidenceMissing,
  evidenceUnlisted,
} from './evidence-findings.ts';

const hour = 60 * 60 * 1000;
/** The host fires up to a second early, and clocks differ. */
const earlyMs = 60 * 1000;
/**
 * Longer than an audit takes. An audit lists its evidence first and is written last; what was created this long before it, it
 * has seen, and what was created no longer before the newest that it lists may have come after it looked there.
 */
const auditSpan = 2 * hour;

/** From when on evidence may be new to the audit after this one; undefined: from ever. */
export function evidenceSince(previous: SoundAudit | undefined): Date | undefined {
  const until = previous?.audit.chain.until;
  if (previous === undefined || until === undefined) return undefined;
  // No audit has listed what came after it, whatever it says.
  return new Date(Math.min(Date.parse(until), previous.createdAt.getTime()) - auditSpan);
}

/** Whether the audit after this one has to list a blob. */
export function isNewEvidence(previous: SoundAudit | undefined): (blob: StoredBlob) => boolean {
  const since = evidenceSince(previous);
  const named = previous === undefined ? undefined : namesIn(previous.audit.chain).add(previous.name);
  return ({ name, createdAt }) => !named?.has(name) && (since === undefined || createdAt >= since);
}

/** The link of an audit after `previous`. @param fresh what is new to it. @param digests of all of them. */
export function nextLink(
  previous: SoundAudit | undefined,
  fresh: readonly StoredBlob[],
  digests: ReadonlyMap<string, string>,
): ChainLink {
  const before = previous?.audit.chain;
  const isNews = fresh.some(({ name }) => parseAuditName(name) === undefined);
  const kept = isNews ? [] : (before?.evidence.filter(({ name }) => parseAuditName(name) === undefined) ?? []);
  const until = Math.max(...fresh.map(({ createdAt }) => createdAt.getTime()), Date.parse(before?.until ?? '') || 0);
  return {
    ...(previous && { previous: { name: previous.name, sha256: previous.sha256 } }),
    ...(until > 0 && { until: new Date(until).toISOString() }),
    evidence: [...kept, ...digestsOf(fresh, digests)].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function digestsOf(blobs: readonly StoredBlob[], digests: ReadonlyMap<string, string>): EvidenceDigest[] {
  return blobs.flatMap(({ name }) => {
    const sha256 = digests.get(name);
    return sha256 === undefined ? [] : [{ name, sha256 }];
  });
}

/**
 * What is wrong with the chain as far as one audit looks: the audit before it, what that one lists, and what is new.
 * @param digests of what has been read already; the rest is read here.
 */
export async function findBrokenLinks(
  { blobs, newest, unsound }: AuditTrail,
  fresh: readonly StoredBlob[],
  digests: ReadonlyMap<string, string>,
  container: EscrowContainer,
  outOfTime: AbortSignal,
): Promise<Finding[]> {
  const findings = unsound.map(({ name, audit }) =>
    audit === undefined ? chainUnreadable(name, 'cannot be read as one') : evidenceAltered(name, `${name} (metadata)`),
  );
  const told = new Set(unsound.map(({ name }) => name));
  for (const { name, metadata } of fresh) {
    const found = digests.get(name);
    if (found === undefined || found === metadata.sha256 || told.has(name)) continue;
    findings.push(evidenceAltered(name, `${name} (metadata)`));
  }
  findings.push(...pagesWithoutAudit(fresh, blobs));
  if (newest === undefined) return findings;
  const { chain } = newest.audit;
  findings.push(...(await checkEvidence(container, digestsIn(chain), newest.name, digests, outOfTime)));
  return [...findings, ...findOverlooked({ ...newest, chain }, blobs)];
}

/** Pages among `pages` whose audit is not among all blobs: a page is written after its audit and names its digest. */
export function pagesWithoutAudit(pages: readonly StoredBlob[], blobs: readonly StoredBlob[]): Finding[] {
  const there = new Set(blobs.map(({ name }) => name));
  return pages.flatMap(({ name }) => {
    const page = parseAuditName(name);
    if (page?.form !== 'html') return [];
    const shown = auditName(page.auditId, 'json', page.attempt);
    return there.has(shown) ? [] : [evidenceMissing(shown, name)];
  });
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

/**
 * Whether an audit was due between the last one that is there and the one that is being made, which stands for the latest
 * occurrence however late it is: that audit did not come about, or it has been removed.
 */
export function findMissedAudit(schedule: string, { blobs }: AuditTrail, now: Date): Finding[] {
  const last = blobs.findLast(isAuditDocument)?.createdAt;
  if (last === undefined) return [];
  const occurrences = parseSchedule(schedule);
  const due = occurrences.nextRun(new Date(last.getTime() + hour));
  const [current] = occurrences.previousRuns(1, new Date(now.getTime() + earlyMs));
  return due === null || current === undefined || due >= current ? [] : [auditMissing(due, last)];
}
