import type { Failure } from '../model/failure.ts';
import { describeSource, isSameSource } from '../model/source.ts';
import type { DeletedKey, KeyOperator } from '../ports/key-operator.ts';
import type { RecordPick } from '../records/record-pick.ts';
import { describeArchived } from '../records/record-pick-words.ts';
import { judgePlace, type RestoreTarget } from './restore-place.ts';
import { holderOf } from './restored-key.ts';

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
  | (Failure & { readonly action: 'refuse'; readonly code: RefusalCode });

/** `stillThere`: in its own source, where nothing has to be brought back. */
type RefusalCode =
  | 'nameTaken'
  | 'stillThere'
  | 'nameDeleted'
  | 'wrongPlace'
  | 'wrongKind'
  | 'recordArchived'
  | 'recordNotFound';

/** For a target of another kind, where none of its names matters. */
export const noNames: TakenNames = { active: new Set(), deleted: new Map() };

type Refusal = Extract<RestoreStep, { action: 'refuse' }>;

/** The names of the whole target: two listings, 25 names a page. */
export async function readTakenNames(operator: KeyOperator, deadline: AbortSignal): Promise<TakenNames> {
  const active = await Array.fromAsync(operator.keys.listKeys(deadline), ({ name }) => name.toLowerCase());
  const deleted = await Array.fromAsync(operator.listDeletedKeys(deadline));
  return { active: new Set(active), deleted: new Map(deleted.map((key) => [key.name.toLowerCase(), key])) };
}

/** The same for one name. */
export async function readTakenName(operator: KeyOperator, name: string, deadline: AbortSignal): Promise<TakenNames> {
  const { active, deleted } = await holderOf(operator, name, deadline);
  const lowered = name.toLowerCase();
  return { active: new Set(active && [lowered]), deleted: new Map(deleted && [[lowered, deleted]]) };
}

/** Decides what to do about a record. Nothing is ever renamed or overwritten: where a name is taken, that is said. */
export function restoreStepOf(
  pick: RecordPick,
  target: RestoreTarget,
  taken: TakenNames,
  storeUrl: string,
): RestoreStep {
  const { record, archived } = pick;
  const name = record.keyName.toLowerCase();
  const subject = `key "${record.keyName}" to ${describeSource(target.source)}`;
  const refuse = (code: RefusalCode, reason: string, remedy: string): Refusal => ({
    action: 'refuse',
    code,
    attempt: 'restore',
    subject,
    reason,
    remedy,
  });
  const isOwn = isSameSource(record.source, target.source);
  const verdict = judgePlace(record, target);
  if (verdict.fits === 'otherKind') return refuse('wrongKind', 'the two are of different kinds', verdict.explanation);
  if (taken.active.has(name)) {
    return isOwn
      ? refuse(
          'stillThere',
          'nothing to restore, for it is there',
          'To look at an older state of it, restore the record to another vault.',
        )
      : refuse(
          'nameTaken',
          'the name is taken there',
          'A restore never renames and never overwrites: choose another target. Look what that key is before you delete it.',
        );
  }
  const deleted = taken.deleted.get(name);
  if (deleted !== undefined) {
    if (isOwn) return { action: 'recover', deleted };
    return refuse(
      'nameDeleted',
      'a deleted key still holds the name there',
      'Choose another target, or recover that key if it is the one (az keyvault key recover). Look what it is before you purge it.',
    );
  }
  if (verdict.fits === 'elsewhere') {
    return refuse(
      'wrongPlace',
      'it cannot be opened there',
      `${verdict.explanation} If the labels are wrong, state the right ones with --to-subscription-id, --to-geography or --to-security-domain.`,
    );
  }
  if (archived !== undefined) return { action: 'refuse', ...describeArchived(record, archived, storeUrl) };
  return { action: 'restore' };
}
