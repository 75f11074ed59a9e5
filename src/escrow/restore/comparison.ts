import { messageOf } from '../model/failure.ts';
import type { KeyOperator } from '../ports/key-operator.ts';
import type { WitnessedVersions } from '../records/audit-document.ts';
import type { DrilledKey } from '../records/drill-receipt.ts';
import { backedUpAt } from '../records/record-order.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import type { SeenVersion, SeenVersions } from './key-versions.ts';
import { readVersions } from './key-versions.ts';

/** What the versions of a restored key are compared with, read before the restore. */
export interface KeyReference {
  /** The key in its source; absent where it is not there, cannot be read, or the restore itself goes there. */
  readonly source?: { readonly versions: SeenVersions; readonly listedAt: Date } | undefined;
  /** What audits know of it. */
  readonly known?: WitnessedVersions | undefined;
}

/** What a restore brought back. */
export interface ReturnedKey {
  readonly name: string;
  readonly versions: SeenVersions;
}

/**
 * `same`: every version is known, and none that was there at the time of the backup is missing. `unproven`: something could
 * not be compared, or is younger than all that is known. `lacking`: it is the key, in an older state than its record says.
 * `stranger`: it is the wrong key.
 */
export type Verdict = 'same' | 'unproven' | 'lacking' | 'stranger';

/** How a restored version was shown to be the one that was escrowed. */
export type ComparedVersion = DrilledKey['versions'][number];

export interface Comparison {
  readonly verdict: Verdict;
  readonly versions: ComparedVersion[];
  /** Why it is not `same`, one clause each. */
  readonly reasons: readonly string[];
}

// A version made while the backup was under way may or may not be in it.
const marginMs = 60_000;

/**
 * Compares what came back with the key in its source and with what audits saw of it: name, version ids, public keys. Nothing
 * that the writer of a record can choose counts for it: no API removes a version, and a version's id and public key never
 * change, so a version that is older than the last complete listing and not in it is a stranger's.
 */
export function compareKey(record: StoredRecord, returned: ReturnedKey, reference: KeyReference): Comparison {
  const verdicts = new Set<Verdict>();
  const reasons: string[] = [];
  const note = (verdict: Verdict, reason: string): void => {
    verdicts.add(verdict);
    reasons.push(reason);
  };
  if (returned.name.toLowerCase() !== record.keyName.toLowerCase()) note('stranger', `it is key "${returned.name}"`);
  if (returned.versions.size === 0) note('unproven', 'it shows no version');
  const madeAt = oldestVersionAt(returned);
  if (
    returned.versions.size > 0 &&
    madeAt > Math.max(record.createdAt.getTime(), record.backedUpAt?.getTime() ?? 0) + marginMs
  )
    note(
      'stranger',
      `it was made at ${new Date(madeAt).toISOString()}, after the record: another key had the name then`,
    );
  const listedAt = lastListing(record, returned, reference);
  if (listedAt === undefined && returned.versions.size > 0) {
    note('unproven', 'no audit has listed its versions, and it cannot be read in its source: nothing to compare with');
  }
  const versions = [...returned.versions].map(([version, seen]): ComparedVersion => {
    const { proof, fault } = proveVersion(version, seen, reference);
    if (fault !== undefined) note(...fault);
    if (proof === 'none' && fault === undefined && listedAt !== undefined) {
      const isOlder = seen.createdAt !== undefined && seen.createdAt.getTime() < listedAt;
      const at = new Date(listedAt).toISOString();
      if (isOlder) note('stranger', `version ${version} is not among its versions as they were listed at ${at}`);
      else note('unproven', `version ${version} is younger than the last listing of its versions (${at})`);
    }
    return { version, ...(seen.thumbprint !== undefined && { thumbprint: seen.thumbprint }), proof };
  });
  for (const [version, verdict] of missingVersions(record, returned, reference)) {
    const isSure = verdict === 'lacking';
    note(
      verdict,
      isSure
        ? `version ${version}, which was there when it was backed up, is missing`
        : `version ${version} is missing, and only the record's own word says that it was backed up before that version was made`,
    );
  }
  const order = ['stranger', 'lacking', 'unproven'] as const;
  return { verdict: order.find((verdict) => verdicts.has(verdict)) ?? 'same', versions, reasons };
}

/**
 * When the key's versions were last listed completely, in milliseconds since the epoch; undefined: never. A source that has
 * the key now counts, unless what it has was made after the record: then it is another key under the name.
 */
function lastListing(
  { createdAt }: StoredRecord,
  returned: ReturnedKey,
  { source, known }: KeyReference,
): number | undefined {
  const audited = known === undefined ? undefined : Date.parse(known.listedAt);
  if (source === undefined) return audited;
  const isOfThisKey =
    [...returned.versions.keys()].some((version) => source.versions.has(version)) ||
    [...source.versions.values()].some((seen) => seen.createdAt !== undefined && seen.createdAt <= createdAt);
  return isOfThisKey ? Math.max(audited ?? 0, source.listedAt.getTime()) : audited;
}

function proveVersion(
  version: string,
  seen: SeenVersion,
  { source, known }: KeyReference,
): { readonly proof: ComparedVersion['proof']; readonly fault?: [Verdict, string] } {
  const inSource = source?.versions.get(version);
  const witnessed = known?.known.find((one) => one.version === version);
  if (inSource === undefined && witnessed === undefined) return { proof: 'none' };
  for (const [expected, where] of [
    [inSource?.thumbprint, 'in its source'],
    [witnessed?.thumbprint, 'as an audit saw it'],
  ] as const) {
    const isOther = expected !== undefined && seen.without !== 'permission' && seen.thumbprint !== expected;
    if (isOther) {
      const found = seen.thumbprint === undefined ? 'no public key' : `the public key ${seen.thumbprint}`;
      return { proof: 'none', fault: ['stranger', `version ${version} has ${found}; ${where} it is ${expected}`] };
    }
  }
  if (seen.thumbprint !== undefined) {
    if (inSource?.without === 'publicPart') {
      return { proof: 'none', fault: ['stranger', `version ${version} has a public key; in its source it has none`] };
    }
    if (inSource?.thumbprint !== undefined) return { proof: 'publicKey' };
    if (witnessed?.thumbprint !== undefined) return { proof: 'witness' };
  }
  if (seen.without === 'publicPart') return { proof: 'versionId' };
  const reason = `the public key of version ${version} could not be compared, its id is known`;
  return { proof: 'versionId', fault: ['unproven', reason] };
}

/** Milliseconds since the epoch; 0 where that is not known of every version, infinite without any. */
function oldestVersionAt({ versions }: ReturnedKey): number {
  return Math.min(...[...versions.values()].map(({ createdAt }) => createdAt?.getTime() ?? 0));
}

/** Whether the source or an audit knows a version by its id. */
export function isKnownVersion(version: string, { source, known }: KeyReference): boolean {
  return source?.versions.has(version) === true || known?.known.some((one) => one.version === version) === true;
}

/** Versions that a backup of the record's time holds, and what came back does not. */
function missingVersions(
  record: StoredRecord,
  returned: ReturnedKey,
  { source, known }: KeyReference,
): Map<string, 'lacking' | 'unproven'> {
  const missing = new Map<string, 'lacking' | 'unproven'>();
  // A late record was copied or planted: when it was made, only its own word says, if it has one.
  const backup = (backedUpAt(record.blob)?.getTime() ?? 0) - marginMs;
  const oldest = oldestVersionAt(returned);
  const require = (version: string, createdAt: number, goneAt = Number.POSITIVE_INFINITY): void => {
    // What is older than all that came back was another key under the name, replaced since.
    if (returned.versions.has(version) || createdAt < oldest || goneAt <= backup) return;
    if (createdAt < backup) missing.set(version, 'lacking');
    else if (record.order.isLate && createdAt < record.createdAt.getTime() - marginMs) missing.set(version, 'unproven');
  };
  for (const { version, createdAt, missingSince } of known?.known ?? []) {
    const gone = missingSince === undefined ? undefined : Date.parse(missingSince);
    require(version, Date.parse(createdAt ?? known?.listedAt ?? ''), gone);
  }
  for (const [version, { createdAt }] of source?.versions ?? []) {
    if (createdAt !== undefined) require(version, createdAt.getTime());
  }
  return missing;
}

/** Compares what a restore returned. Versions that cannot be read make it unproven, and a foreign name a stranger all the same. */
export async function compareRestored(
  record: StoredRecord,
  name: string,
  reference: KeyReference,
  operator: KeyOperator,
  deadline: AbortSignal,
): Promise<Comparison> {
  try {
    return compareKey(record, { name, versions: await readVersions(operator.keys, name, deadline) }, reference);
  } catch (error) {
    const { verdict, versions, reasons } = compareKey(record, { name, versions: new Map() }, reference);
    return { verdict, versions, reasons: [...reasons, `its versions could not be read: ${messageOf(error)}`] };
  }
}
