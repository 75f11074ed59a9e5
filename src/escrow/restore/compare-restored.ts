import { messageOf } from '../model/failure.ts';
import type { KeyOperator } from '../ports/key-operator.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import type { Comparison, KeyReference } from './comparison.ts';
import { compareKey } from './comparison.ts';
import { readVersions } from './key-versions.ts';
import type { RestoredKey } from './restored-key.ts';

/** Compares what a restore returned. Versions that cannot be read make it unproven, and a foreign name a stranger all the same. */
export async function compareRestored(
  record: StoredRecord,
  { name }: RestoredKey,
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
