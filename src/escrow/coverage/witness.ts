import type { CoverageStatus } from '../model/coverage-status.ts';
import { timeMargin } from '../model/run-id.ts';
import { ServiceError } from '../model/service-error.ts';
import { type KeyVersion, type SourceKey, thumbprintOf } from '../model/source-key.ts';
import type { KeySource } from '../ports/key-source.ts';
import type { AuditedKey, WitnessedVersion, WitnessedVersions } from '../records/audit-document.ts';

const versionsPerPage = 25;

/**
 * Lists a key's versions and adds what is new to what is known, never taking anything away. A version's public key never
 * changes, so only versions never witnessed are read: one request per 25 versions, and one per new version.
 * @param budget so many requests may still be made of the source for its witnesses today.
 * @returns undefined when the source shows no version at all: the key is just going.
 */
export async function witnessVersions(
  keys: KeySource,
  key: SourceKey,
  known: WitnessedVersions | undefined,
  budget: { left: number },
  now: Date,
  deadline: AbortSignal,
): Promise<WitnessedVersions | undefined> {
  budget.left--;
  const listed = new Map<string, KeyVersion>();
  for await (const version of keys.listVersions(key.name, deadline)) listed.set(version.version, version);
  budget.left -= Math.max(0, Math.ceil(listed.size / versionsPerPage) - 1);
  if (listed.size === 0) return undefined;
  const witnessed = new Map<string, WitnessedVersion>();
  for (const version of known?.known ?? []) witnessed.set(version.version, seenAgain(version, listed, now));
  const oldestFirst = [...listed.values()].sort((a, b) => +(a.createdAt ?? 0) - +(b.createdAt ?? 0));
  for (const { version, createdAt } of oldestFirst) {
    const existing = witnessed.get(version);
    if (existing !== undefined && existing.unread === undefined) continue;
    const base = { version, ...(createdAt && { createdAt: createdAt.toISOString() }) };
    const isInBudget = budget.left-- > 0;
    const publicKey = isInBudget ? await readPublicKey(keys, key.name, version, deadline) : { unread: true as const };
    witnessed.set(version, { ...base, ...publicKey });
  }
  return {
    listedAt: now.toISOString(),
    ...(key.updatedAt && { ofUpdatedAt: key.updatedAt.toISOString() }),
    known: [...witnessed.values()],
  };
}

function seenAgain(
  { missingSince, ...version }: WitnessedVersion,
  listed: ReadonlyMap<string, KeyVersion>,
  now: Date,
): WitnessedVersion {
  if (listed.has(version.version)) return version;
  return { ...version, missingSince: missingSince ?? now.toISOString() };
}

async function readPublicKey(
  keys: KeySource,
  name: string,
  version: string,
  deadline: AbortSignal,
): Promise<Pick<WitnessedVersion, 'thumbprint' | 'unread'>> {
  try {
    const thumbprint = thumbprintOf(await keys.getPublicKey(name, version, deadline));
    return thumbprint === undefined ? {} : { thumbprint };
  } catch (error) {
    // Refused for this version (a disabled one, say), or gone since it was listed: other versions can still be read.
    if (error instanceof ServiceError && !['unavailable', 'gatewayUnavailable'].includes(error.kind))
      return { unread: true };
    throw error;
  }
}

export function presentVersions({ known }: WitnessedVersions): WitnessedVersion[] {
  return known.filter(({ missingSince }) => missingSince === undefined);
}

/**
 * Whether a key is not the one that was known: all known versions are missing, or some are (an older record was restored). One
 * that nobody had witnessed was replaced if its oldest version is younger than its first record.
 * @param firstRecordAt creation of the oldest record of the key that is not late, as far as its folder was listed.
 */
export function lossOf(
  previous: WitnessedVersions | undefined,
  now: WitnessedVersions,
  firstRecordAt: Date | undefined,
): NonNullable<AuditedKey['lost']>['how'] | undefined {
  if (previous === undefined) {
    const [oldest] = now.known.flatMap(({ createdAt }) => createdAt ?? []).sort();
    if (oldest === undefined || firstRecordAt === undefined) return undefined;
    return Date.parse(oldest) > firstRecordAt.getTime() + timeMargin ? 'replaced' : undefined;
  }
  const missing = new Set(now.known.flatMap((one) => (one.missingSince === undefined ? [] : [one.version])));
  const were = presentVersions(previous);
  if (!were.some(({ version }) => missing.has(version))) return undefined;
  return were.every(({ version }) => missing.has(version)) ? 'replaced' : 'rolledBack';
}

export interface WitnessCandidate {
  readonly listed: SourceKey;
  /** When its versions were last listed, and what its `updatedOn` was. */
  readonly known: Pick<WitnessedVersions, 'listedAt' | 'ofUpdatedAt'> | undefined;
  readonly statusBefore: CoverageStatus | undefined;
}

/** Keys in the order of their turns: new, changed and returned ones, which should not wait; then the others, longest ago first. */
export function witnessTurns<T extends WitnessCandidate>(candidates: readonly T[]) {
  const isUrgent = ({ listed: { updatedAt }, known, statusBefore }: WitnessCandidate): boolean =>
    statusBefore === 'gone' ||
    statusBefore === 'certificateBacked' ||
    known === undefined ||
    known.ofUpdatedAt !== updatedAt?.toISOString() ||
    // The vault's times are whole seconds: what changed once more in the second of that listing shows the same time.
    (updatedAt !== undefined && Date.parse(known.listedAt) - updatedAt.getTime() < 2000);
  const listedAt = ({ known }: WitnessCandidate): string => known?.listedAt ?? '';
  const inTurn = (a: WitnessCandidate, b: WitnessCandidate): number =>
    listedAt(a).localeCompare(listedAt(b)) || a.listed.name.localeCompare(b.listed.name);
  return {
    urgent: candidates.filter(isUrgent).sort(inTurn),
    others: candidates.filter((one) => !isUrgent(one)).sort(inTurn),
  };
}

/** A thirtieth, so that every key has its turn within a month; at least five, so that a small escrow need not wait. */
export function turnSize(keys: number): number {
  return Math.max(5, Math.ceil(keys / 30));
}
