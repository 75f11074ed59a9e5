import { createHash } from 'node:crypto';
import type { FailureKind } from '../model/failure-kind.ts';
import { ServiceError } from '../model/service-error.ts';
import type { PublicKey, SourceKey } from '../model/source-key.ts';
import type { KeySource } from '../ports/key-source.ts';

/** One key version as an audit saw it, so that a restored one can be proven the same after its source is gone. */
export interface Witness {
  readonly version: string;
  /** RFC 7638, base64url; absent for a symmetric key, which has no public part. */
  readonly thumbprint?: string;
  /** The service refused to show this version (a disabled one, say): it is asked again next time. */
  readonly unread?: true;
}

/** What an audit knows of a key's versions. */
export interface WitnessedVersions {
  readonly count: number;
  readonly countedAt: string;
  /** The key's own `updatedAt` at that time; another one now means that it changed since. */
  readonly ofUpdatedAt?: string;
  /** What proves a restored version once the source is gone. Oldest first. */
  readonly witnesses: readonly Witness[];
}

/**
 * RFC 7638 thumbprint (SHA-256, base64url) of a public key: the same whether the service calls its type `RSA` or `RSA-HSM`,
 * because where it is kept is not part of the key. Undefined where there is no public part.
 */
export function thumbprintOf({ kty, n, e, crv, x, y }: PublicKey): string | undefined {
  const type = kty.replace(/-HSM$/, '');
  let members: Record<string, string> | undefined;
  // The members that RFC 7638 requires, in its lexicographic order.
  if (type === 'RSA' && n && e) members = { e, kty: type, n };
  if (type === 'EC' && crv && x && y) members = { crv, kty: type, x, y };
  return members && createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

/** A thirtieth, so that every key has its turn within a month; at least five, so that a small escrow need not wait. */
export function witnessBudget(keys: number): number {
  return Math.max(5, Math.ceil(keys / 30));
}

export interface WitnessCandidate {
  readonly key: SourceKey;
  readonly known: WitnessedVersions | undefined;
}

/** Whose turn it is today: keys never counted, then changed ones, then those counted longest ago. */
export function chooseWitnessed(candidates: readonly WitnessCandidate[]): WitnessCandidate[] {
  const rank = ({ key, known }: WitnessCandidate): number => {
    if (known === undefined) return 0;
    return known.ofUpdatedAt === key.updatedAt?.toISOString() ? 2 : 1;
  };
  const countedAt = ({ known }: WitnessCandidate): string => known?.countedAt ?? '';
  return [...candidates]
    .sort(
      (a, b) => rank(a) - rank(b) || countedAt(a).localeCompare(countedAt(b)) || a.key.name.localeCompare(b.key.name),
    )
    .slice(0, witnessBudget(candidates.length));
}

/**
 * Counts a key's versions and witnesses each. A version's public key never changes, so only versions not witnessed before
 * are read: one call per 25 versions, and one per new version.
 */
export async function witnessVersions(
  keys: KeySource,
  { key, known }: WitnessCandidate,
  now: Date,
  outOfTime: AbortSignal,
): Promise<WitnessedVersions> {
  const versions: { version: string; createdAt: number }[] = [];
  for await (const { version, createdAt } of keys.listVersions(key.name, outOfTime)) {
    versions.push({ version, createdAt: createdAt?.getTime() ?? 0 });
  }
  versions.sort((a, b) => a.createdAt - b.createdAt);
  const before = new Map(known?.witnesses.map((witness) => [witness.version, witness]));
  const witnesses: Witness[] = [];
  for (const { version } of versions) {
    const witness = before.get(version);
    const isKnown = witness !== undefined && !witness.unread;
    witnesses.push(isKnown ? witness : await readWitness(keys, key.name, version, outOfTime));
  }
  return {
    count: versions.length,
    countedAt: now.toISOString(),
    ...(key.updatedAt && { ofUpdatedAt: key.updatedAt.toISOString() }),
    witnesses,
  };
}

// Refused for this version (a disabled one, say), or gone since it was listed: other versions can still be read.
const unreadableKinds: readonly FailureKind[] = [
  'denied',
  'deniedByAccessPolicy',
  'accessRefused',
  'absent',
  'refused',
];

async function readWitness(keys: KeySource, name: string, version: string, outOfTime: AbortSignal): Promise<Witness> {
  try {
    const thumbprint = thumbprintOf(await keys.getPublicKey(name, version, outOfTime));
    return thumbprint === undefined ? { version } : { version, thumbprint };
  } catch (error) {
    if (error instanceof ServiceError && unreadableKinds.includes(error.kind)) return { version, unread: true };
    throw error;
  }
}
