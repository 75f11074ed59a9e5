import { drilledKey } from '../audit/inputs/drill-history.ts';
import { EscrowFault } from '../model/failure.ts';
import { type EscrowSource, type SourceId, sourcePath } from '../model/source.ts';
import { matchesAny } from '../model/wildcard.ts';
import { chooseRecord } from '../records/record-choice.ts';
import { type RecordPlace, recordedKeyNames } from '../records/record-listing.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { inConfiguredPlace, judgePlace, type RestoreTarget } from '../restore/restore-place.ts';
import { type DrillAttempts, failedLast, type KnownDrills } from './drill-attempts.ts';

export interface DrillOptions {
  /** Whose keys; each has records. */
  readonly sources: readonly SourceId[];
  /** Patterns of key names; absent: any. */
  readonly names?: readonly string[] | undefined;
  readonly target: RestoreTarget;
  readonly sample: number;
}

/** A record that is to be proven, and what drills have come to with its key so far. */
export interface ChosenRecord {
  readonly record: StoredRecord;
  /** Absent: no drill ever tried the key. */
  readonly previousAttempts?: DrillAttempts | undefined;
}

/** A key by the folder of its records. */
interface RecordedKey {
  readonly source: SourceId;
  /** Lower-case. */
  readonly keyName: string;
}

/** A key that no drill has proven since one failed to. */
export interface UnprovenKey extends RecordedKey {
  /** ISO instant. */
  readonly failedAt: string;
}

/** A key whose turn it is, and of which nothing can be proven in the target. */
export interface LeftOutKey extends RecordedKey {
  /** A sentence. */
  readonly reason: string;
}

/**
 * The newest records of the keys that were never tried, then of those tried longest ago: a key that always fails takes its
 * turn like any other, and never the place of those behind it. Keys that no audit saw come last: whoever may write records
 * could make up so many that no other has its turn. Costs one request per source and 5,000 keys and one per chosen key: the
 * history is never listed as a whole.
 */
export async function chooseForDrill(
  { sources, names, target, sample }: DrillOptions,
  { attempts, audited }: KnownDrills,
  ports: DrillChoicePorts,
) {
  const { store, deadline } = ports;
  const candidates: Candidate[] = [];
  for (const source of sources.filter(({ kind }) => kind === target.source.kind)) {
    for (const keyName of await recordedKeyNames(store, source, deadline)) {
      if (names !== undefined && !matchesAny(names, keyName)) continue;
      const id = drilledKey(sourcePath(source), keyName);
      candidates.push({ source, keyName, isAudited: audited.has(id), previousAttempts: attempts.get(id) });
    }
  }
  candidates.sort(byTurn);
  const chosen: ChosenRecord[] = [];
  /** Of the named keys, those that failed last and whose turn it is not: going to the back of the queue must not hide them. */
  const failedEarlier: UnprovenKey[] = [];
  /** Left out in silence they would be taken for proven. */
  const leftOut: LeftOutKey[] = [];
  for (const { source, keyName, previousAttempts } of candidates) {
    if (chosen.length < sample) {
      const found = await recordOf({ source, keyName }, target, ports);
      if ('record' in found) {
        chosen.push({ record: found.record, previousAttempts });
        continue;
      }
      leftOut.push({ source, keyName, reason: found.why });
    }
    if (previousAttempts !== undefined && failedLast(previousAttempts))
      failedEarlier.push({ source, keyName, failedAt: previousAttempts.triedAt });
  }
  return { chosen, failedEarlier, leftOut };
}

export interface DrillChoicePorts extends RecordPlace {
  /** By the settings: where their records can be restored. */
  readonly configured: readonly EscrowSource[];
}

/** A folder that holds no record, put there by somebody else, must not stop the drill. */
async function recordOf(
  key: RecordedKey,
  target: RestoreTarget,
  ports: DrillChoicePorts,
): Promise<{ readonly record: StoredRecord } | { readonly why: string }> {
  try {
    const record = inConfiguredPlace((await chooseRecord(ports, key)).record, ports.configured);
    const { fits, explanation } = judgePlace(record, target);
    return fits === 'elsewhere' ? { why: explanation } : { record };
  } catch (error) {
    if (error instanceof EscrowFault && error.code === 'recordNotFound') return { why: `${error.message}.` };
    throw error;
  }
}

interface Candidate extends RecordedKey {
  readonly isAudited: boolean;
  readonly previousAttempts: DrillAttempts | undefined;
}

// Sources take turns, so that a small sample does not stay with the first of them.
function byTurn(a: Candidate, b: Candidate): number {
  if (a.isAudited !== b.isAudited) return a.isAudited ? -1 : 1;
  const [one, other] = [a.previousAttempts?.triedAt ?? '', b.previousAttempts?.triedAt ?? ''];
  if (one !== other) return one < other ? -1 : 1;
  return a.keyName === b.keyName ? a.source.name.localeCompare(b.source.name) : a.keyName.localeCompare(b.keyName);
}
