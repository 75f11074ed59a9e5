import { describeSource, isSameSource } from '../model/source.ts';
import type { DeletedKey, KeyOperator } from '../ports/key-operator.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import type { RestoreTarget } from './restore-place.ts';
import { judgePlace } from './restore-place.ts';

/** Which names the target has, lower-case: active keys, and deleted ones whose names are still taken. */
export interface TakenNames {
  readonly active: ReadonlySet<string>;
  readonly deleted: ReadonlyMap<string, DeletedKey>;
}

/** What is to be done about one record, decided before anything is done. */
export type RestoreStep =
  | { readonly action: 'restore' }
  /** It is only soft-deleted in its own source: recovering loses nothing, not even versions made since the backup. */
  | { readonly action: 'recover'; readonly deleted: DeletedKey }
  | {
      readonly action: 'refuse';
      /** `stillThere`: in its own source, where nothing has to be brought back. */
      readonly code:
        | 'nameTaken'
        | 'stillThere'
        | 'nameDeleted'
        | 'wrongPlace'
        | 'wrongKind'
        | 'recordArchived'
        | 'recordNotFound';
      readonly message: string;
      readonly remedy: string;
    };

/** The names of the whole target: two listings, 25 names a page. */
export async function readTakenNames(operator: KeyOperator, outOfTime: AbortSignal): Promise<TakenNames> {
  const active = new Set<string>();
  for await (const { name } of operator.keys.listKeys(outOfTime)) active.add(name.toLowerCase());
  const deleted = new Map<string, DeletedKey>();
  for await (const key of operator.listDeletedKeys(outOfTime)) deleted.set(key.name.toLowerCase(), key);
  return { active, deleted };
}

/** The same for one name: two reads. */
export async function readTakenName(operator: KeyOperator, name: string, outOfTime: AbortSignal): Promise<TakenNames> {
  const lowered = name.toLowerCase();
  const key = await operator.findKey(name, outOfTime);
  const deleted = key === undefined ? await operator.findDeletedKey(name, outOfTime) : undefined;
  return {
    active: new Set(key === undefined ? [] : [lowered]),
    deleted: new Map(deleted === undefined ? [] : [[lowered, deleted]]),
  };
}

/** Decides what to do about a record. Nothing is ever renamed or overwritten: where a name is taken, that is said. */
export function restoreStepOf(record: StoredRecord, target: RestoreTarget, taken: TakenNames): RestoreStep {
  const name = record.keyName.toLowerCase();
  const subject = `key "${record.keyName}"`;
  const place = describeSource(target.source);
  const isOwn = isSameSource(record.source, target.source);
  const verdict = judgePlace(record, target);
  if (verdict.fits === 'otherKind')
    return refuse('wrongKind', `Cannot restore ${subject} to ${place}`, verdict.explanation);
  if (taken.active.has(name)) {
    return isOwn
      ? refuse(
          'stillThere',
          `Nothing to restore: ${subject} is there in ${place}`,
          'To look at an older state of it, restore the record to another vault.',
        )
      : refuse(
          'nameTaken',
          `Cannot restore ${subject} to ${place}: the name is taken there`,
          'A restore never renames and never overwrites: choose another target, or delete and purge the key that has the name.',
        );
  }
  const deleted = taken.deleted.get(name);
  if (deleted !== undefined) {
    if (isOwn) return { action: 'recover', deleted };
    return refuse(
      'nameDeleted',
      `Cannot restore ${subject} to ${place}: a deleted key still holds the name there`,
      'Recover or purge that deleted key (az keyvault key recover, az keyvault key purge), or choose another target.',
    );
  }
  if (verdict.fits === 'elsewhere') {
    return refuse(
      'wrongPlace',
      `Cannot restore ${subject} to ${place}`,
      `${verdict.explanation} If the labels are wrong, state the right ones with --to-subscription-id, --to-geography or --to-security-domain.`,
    );
  }
  return { action: 'restore' };
}

function refuse(
  code: Extract<RestoreStep, { action: 'refuse' }>['code'],
  message: string,
  remedy: string,
): RestoreStep {
  return { action: 'refuse', code, message, remedy };
}
