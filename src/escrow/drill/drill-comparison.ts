import { isDenied } from '../model/failure-kind.ts';
import { ServiceError } from '../model/service-error.ts';
import { thumbprintOf } from '../model/thumbprint.ts';
import type { KeySource } from '../ports/key-source.ts';
import type { WitnessedVersions } from '../records/audit-document.ts';
import type { ProvenVersion } from '../records/drill-receipt.ts';
import type { StoredRecord } from '../records/stored-record.ts';

/** A key version as it can be seen from outside. */
export interface SeenVersion {
  readonly createdAt: Date | undefined;
  /** RFC 7638; absent for a symmetric key and where the service does not show the version. */
  readonly thumbprint?: string;
}

/** Every version of a key by id. Costs a call per 25 versions and one per version. */
export async function readVersions(
  keys: KeySource,
  name: string,
  outOfTime: AbortSignal,
): Promise<Map<string, SeenVersion>> {
  const seen = new Map<string, SeenVersion>();
  for await (const { version, createdAt } of keys.listVersions(name, outOfTime)) {
    const thumbprint = await readThumbprint(keys, name, version, outOfTime);
    seen.set(version, { createdAt, ...(thumbprint && { thumbprint }) });
  }
  return seen;
}

async function readThumbprint(keys: KeySource, name: string, version: string, outOfTime: AbortSignal) {
  try {
    return thumbprintOf(await keys.getPublicKey(name, version, outOfTime));
  } catch (error) {
    // A version that may not be shown (disabled, not valid yet) is still proven by its id.
    if (error instanceof ServiceError && (isDenied(error.kind) || error.kind === 'accessRefused')) return undefined;
    throw error;
  }
}

/** What restored versions are compared with. */
export interface DrillReference {
  /** The key in its source, where it still exists and can be read. */
  readonly source?: ReadonlyMap<string, SeenVersion> | undefined;
  /** What the last audit saw of it. */
  readonly witness?: WitnessedVersions | undefined;
}

export interface Comparison {
  readonly versions: readonly ProvenVersion[];
  /** Why it is not the key that was escrowed; empty: proven. */
  readonly faults: readonly string[];
}

// A version made while the backup was under way may or may not be in it.
const marginMs = 60_000;

/**
 * Compares what a restore brought back with the key in its source, else with the witness of an audit. Every restored version
 * must be the one that it was, and no version that was there at the time of the backup may be missing.
 */
export function compareVersions(
  record: StoredRecord,
  restored: ReadonlyMap<string, SeenVersion>,
  { source, witness }: DrillReference,
): Comparison {
  const faults: string[] = [];
  const versions: ProvenVersion[] = [];
  const witnessed = new Map(witness?.known.map((seen) => [seen.version, seen.thumbprint]));
  if (restored.size === 0) faults.push('the restored key has no version');
  for (const [version, { thumbprint }] of restored) {
    const reference = source?.has(version) ? source.get(version)?.thumbprint : witnessed.get(version);
    const by = source?.has(version) ? 'publicKey' : 'witness';
    const isComparable = thumbprint !== undefined && reference !== undefined;
    if (isComparable && thumbprint !== reference) {
      const other = by === 'publicKey' ? 'in its source' : 'by the witness of the last audit';
      faults.push(`version ${version} has the public key ${thumbprint}, ${other} it is ${reference}`);
    }
    versions.push({ version, ...(thumbprint && { thumbprint }), proof: isComparable ? by : 'versionId' });
  }
  for (const missing of versionsOwed(record, { source, witness })) {
    if (!restored.has(missing)) faults.push(`version ${missing}, which was there when it was backed up, is missing`);
  }
  return { versions, faults };
}

function versionsOwed(record: StoredRecord, { source, witness }: DrillReference): string[] {
  const before = backedUpAt(record).getTime() - marginMs;
  if (source !== undefined) {
    return [...source].flatMap(([version, { createdAt }]) =>
      createdAt !== undefined && createdAt.getTime() < before ? [version] : [],
    );
  }
  if (witness === undefined || new Date(witness.listedAt).getTime() >= before) return [];
  return witness.known.map(({ version }) => version);
}

// The app's clock says when the backup came, the storage service's when the record was put, which is later.
function backedUpAt({ metadata, createdAt }: StoredRecord): Date {
  const told = new Date(metadata.backedupat ?? Number.NaN);
  return told < createdAt ? told : createdAt;
}
