import { drilledKey } from '../audit/drill-history.ts';
import { sourcePath } from '../blob-names.ts';
import type { EscrowContainer } from '../escrow-container.ts';
import { EscrowFault } from '../failure.ts';
import type { SourceSuffixes } from '../key-id.ts';
import { chooseRecord } from '../records/record-choice.ts';
import { recordedKeyNames } from '../records/record-listing.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import type { RestoreTarget } from '../restore/restore-place.ts';
import { judgePlace } from '../restore/restore-place.ts';
import type { SourceId } from '../source.ts';
import { matchesAny } from '../wildcard.ts';

export interface DrillWish {
  /** Whose keys; each has records. */
  readonly sources: readonly SourceId[];
  /** Patterns of key names; absent: any. */
  readonly names?: readonly string[] | undefined;
  readonly target: RestoreTarget;
  /** At most so many. */
  readonly sample: number;
}

/** A record that is to be proven, and when its key was proven last. */
export interface ChosenRecord {
  readonly record: StoredRecord;
  readonly provenAt: string | undefined;
}

/**
 * The newest records of the keys that were never proven, then of those proven longest ago. Costs one request per source and
 * 5,000 keys and one per chosen key: the history is never listed as a whole.
 * @param proven by `<source path>/<key>`: the end of the newest drill that proved it.
 */
export async function chooseForDrill(
  { sources, names, target, sample }: DrillWish,
  proven: ReadonlyMap<string, string>,
  ports: { readonly container: EscrowContainer; readonly suffixes: SourceSuffixes; readonly outOfTime: AbortSignal },
): Promise<ChosenRecord[]> {
  const { container, suffixes, outOfTime } = ports;
  const candidates: { source: SourceId; keyName: string; provenAt: string }[] = [];
  for (const source of sources.filter(({ kind }) => kind === target.source.kind)) {
    for (const keyName of await recordedKeyNames(container, source, outOfTime)) {
      if (names !== undefined && !matchesAny(names, keyName)) continue;
      candidates.push({ source, keyName, provenAt: proven.get(drilledKey(sourcePath(source), keyName)) ?? '' });
    }
  }
  candidates.sort((a, b) => (a.provenAt === b.provenAt ? compareNames(a, b) : a.provenAt < b.provenAt ? -1 : 1));
  const chosen: ChosenRecord[] = [];
  for (const { source, keyName, provenAt } of candidates) {
    if (chosen.length === sample) break;
    const record = await recordOf({ source, keyName }, suffixes, container, outOfTime);
    if (record === undefined) continue;
    if (judgePlace(record, target).fits === 'elsewhere') continue;
    chosen.push({ record, provenAt: provenAt || undefined });
  }
  return chosen;
}

/** A folder that holds no record, put there by somebody else, must not stop the drill. */
async function recordOf(
  key: { readonly source: SourceId; readonly keyName: string },
  suffixes: SourceSuffixes,
  container: EscrowContainer,
  outOfTime: AbortSignal,
): Promise<StoredRecord | undefined> {
  try {
    return await chooseRecord(container, suffixes, key, outOfTime);
  } catch (error) {
    if (error instanceof EscrowFault && error.code === 'recordNotFound') return undefined;
    throw error;
  }
}

// Sources take turns, so that a small sample does not stay with the first of them.
function compareNames(a: { source: SourceId; keyName: string }, b: { source: SourceId; keyName: string }): number {
  return a.keyName === b.keyName ? a.source.name.localeCompare(b.source.name) : a.keyName.localeCompare(b.keyName);
}
