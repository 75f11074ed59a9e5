import { messageOf } from '../model/failure.ts';
import type { KeyOperator } from '../ports/key-operator.ts';
import type { WitnessedVersion, WitnessedVersions } from '../records/audit-document.ts';
import type { DrilledKey } from '../records/drill-receipt.ts';
import { backedUpAt } from '../records/record-order.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { readVersions, type SeenVersion, type SeenVersions } from './key-versions.ts';

/** What the versions of a restored key are compared with, read before the restore. */
export interface KeyReference {
  /** The key in its source; absent where it is not there, cannot be read, or the restore itself goes there. */
  readonly source?: { readonly versions: SeenVersions; readonly listedAt: Date } | undefined;
  /** What audits know of it. */
  readonly known?: WitnessedVersions | undefined;
}

/**
 * `same`: every version is known, and none that was there at the time of the backup is missing. `unproven`: something could
 * not be compared, or is younger than all that is known. `lacking`: it is the key, in an older state than its record says.
 * `stranger`: it is the wrong key.
 */
export type Verdict = 'same' | 'unproven' | 'lacking' | 'stranger';

/** How a restored version was shown to be the one that was escrowed. */
export type ComparedVersion = DrilledKey['versions'][number];

export type Comparison = ReturnType<typeof compareKey>;

// A version made while the backup was under way may or may not be in it.
const marginMs = 60_000;

/** What the source shows of a version, and what an audit saw of it. */
interface KnownVersion {
  readonly shown?: SeenVersion;
  readonly witnessed?: WitnessedVersion;
}

export function knownVersions({ source, known }: KeyReference): Map<string, KnownVersion> {
  const versions = new Map<string, KnownVersion>();
  for (const witnessed of known?.known ?? []) versions.set(witnessed.version, { witnessed });
  for (const [version, shown] of source?.versions ?? []) versions.set(version, { ...versions.get(version), shown });
  return versions;
}

/**
 * Compares what came back with the key in its source and with what audits saw of it: name, version ids, public keys. Nothing
 * that the writer of a record can choose counts for it: no API removes a version, and a version's id and public key never
 * change, so a version that is older than the last complete listing and not in it is a stranger's.
 */
export function compareKey(
  record: StoredRecord,
  { name, versions: came }: { readonly name: string; readonly versions: SeenVersions },
  reference: KeyReference,
) {
  const notes: (readonly [Verdict, string])[] = [];
  const known = knownVersions(reference);
  // Infinite without any version; 0 where one has no time.
  const madeAt = Math.min(...[...came.values()].map(({ createdAt }) => createdAt?.getTime() ?? 0));
  if (name.toLowerCase() !== record.keyName.toLowerCase()) notes.push(['stranger', `it is key "${name}"`]);
  if (came.size === 0) notes.push(['unproven', 'it shows no version']);
  else if (madeAt > Math.max(record.createdAt.getTime(), record.backedUpAt?.getTime() ?? 0) + marginMs) {
    const at = new Date(madeAt).toISOString();
    notes.push(['stranger', `it was made at ${at}, after the record: another key had the name then`]);
  }
  const listedAt = lastListing(record, came, reference);
  if (listedAt === undefined && came.size > 0) {
    const reason = 'no audit has listed its versions, and it cannot be read in its source: nothing to compare with';
    notes.push(['unproven', reason]);
  }
  const versions = [...came].map(([version, seen]): ComparedVersion => {
    const { proof, fault } = proveVersion(version, seen, known.get(version), listedAt);
    if (fault !== undefined) notes.push(fault);
    return { version, ...(seen.thumbprint !== undefined && { thumbprint: seen.thumbprint }), proof };
  });
  // A late record was copied or planted: when it was made, only its own word says, if it has one.
  const backup = (backedUpAt(record.blob)?.getTime() ?? 0) - marginMs;
  for (const [version, { shown, witnessed }] of known) {
    const witnessedAt = witnessed && (witnessed.createdAt ?? reference.known?.listedAt);
    const at = shown?.createdAt?.getTime() ?? Date.parse(witnessedAt ?? '');
    const wasGone = shown?.createdAt === undefined && Date.parse(witnessed?.missingSince ?? '') <= backup;
    // What is older than all that came back was another key under the name, replaced since.
    if (came.has(version) || at < madeAt || wasGone) continue;
    if (at < backup) {
      notes.push(['lacking', `version ${version}, which was there when it was backed up, is missing`]);
    } else if (record.order.isLate && at < record.createdAt.getTime() - marginMs) {
      const why = "only the record's own word says that it was backed up before that version was made";
      notes.push(['unproven', `version ${version} is missing, and ${why}`]);
    }
  }
  const order = ['stranger', 'lacking', 'unproven'] as const;
  const verdict: Verdict = order.find((one) => notes.some(([noted]) => noted === one)) ?? 'same';
  /** `reasons`: why it is not `same`, one clause each. */
  return { verdict, versions, reasons: notes.map(([, reason]) => reason) };
}

/**
 * When the key's versions were last listed completely, in milliseconds since the epoch; undefined: never. A source that has
 * the key now counts, unless what it has was made after the record: then it is another key under the name.
 */
function lastListing(
  { createdAt }: StoredRecord,
  came: SeenVersions,
  { source, known }: KeyReference,
): number | undefined {
  const audited = known && Date.parse(known.listedAt);
  const isOfThisKey = [...(source?.versions ?? [])].some(
    ([version, shown]) => came.has(version) || (shown.createdAt !== undefined && shown.createdAt <= createdAt),
  );
  return source !== undefined && isOfThisKey ? Math.max(audited ?? 0, source.listedAt.getTime()) : audited;
}

function proveVersion(
  version: string,
  seen: SeenVersion,
  known: KnownVersion | undefined,
  listedAt: number | undefined,
): { readonly proof: ComparedVersion['proof']; readonly fault?: readonly [Verdict, string] } {
  const stranger = (what: string) => ({ proof: 'none', fault: ['stranger', `version ${version} ${what}`] }) as const;
  if (known === undefined) {
    if (listedAt === undefined) return { proof: 'none' };
    const at = new Date(listedAt).toISOString();
    if (seen.createdAt !== undefined && seen.createdAt.getTime() < listedAt)
      return stranger(`is not among its versions as they were listed at ${at}`);
    const reason = `version ${version} is younger than the last listing of its versions (${at})`;
    return { proof: 'none', fault: ['unproven', reason] };
  }
  const { shown, witnessed } = known;
  for (const [expected, where] of [
    [shown?.thumbprint, 'in its source'],
    [witnessed?.thumbprint, 'as an audit saw it'],
  ] as const) {
    if (expected === undefined || seen.thumbprint === expected || seen.without === 'permission') continue;
    const found = seen.thumbprint === undefined ? 'no public key' : `the public key ${seen.thumbprint}`;
    return stranger(`has ${found}; ${where} it is ${expected}`);
  }
  if (seen.thumbprint !== undefined) {
    if (shown?.without === 'publicPart') return stranger('has a public key; in its source it has none');
    if (shown?.thumbprint !== undefined) return { proof: 'publicKey' };
    if (witnessed?.thumbprint !== undefined) return { proof: 'witness' };
  }
  if (seen.without === 'publicPart') return { proof: 'versionId' };
  const reason = `the public key of version ${version} could not be compared, its id is known`;
  return { proof: 'versionId', fault: ['unproven', reason] };
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
    const compared = compareKey(record, { name, versions: new Map() }, reference);
    return { ...compared, reasons: [...compared.reasons, `its versions could not be read: ${messageOf(error)}`] };
  }
}
