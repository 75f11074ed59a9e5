import { describeFailure, EscrowFault, type Failure } from '../model/failure.ts';
import { orAbsent } from '../model/service-error.ts';
import { describeSource, type SourceId, sourceOption } from '../model/source.ts';
import type { KeyOperator } from '../ports/key-operator.ts';

/** What a restore of this process returned: nothing else may be deleted without a person naming it. */
export interface RestoredKey {
  readonly name: string;
  /** Key identifier without version. */
  readonly id: string;
  readonly enabled: boolean;
  /** Its newest version, as the restore returned it. */
  readonly version: string;
}

/** A key that a restore has left somewhere, or may have, and that nobody wants there. */
export interface LeftKey {
  readonly place: SourceId;
  readonly name: string;
}

/** What has a name in a target: a key, or a deleted one; neither where the name is free, or a purge still goes on. One or two reads. */
export async function holderOf(operator: KeyOperator, name: string, deadline: AbortSignal) {
  const active = await operator.findKey(name, deadline);
  return active === undefined ? { deleted: await operator.findDeletedKey(name, deadline) } : { active };
}

/** The line that deletes a key for good. */
export function deletionLine(place: SourceId, keyName: string): string {
  const key = `${sourceOption(place)} --name ${keyName}`;
  return `az keyvault key delete ${key} && az keyvault key purge ${key}`;
}

/** What a restore leaves somewhere, or may leave, and the line that deletes it. */
export function describeLeft({ place, name }: LeftKey): string {
  return `Left behind: key "${name}" in ${describeSource(place)}. Look what it is; to delete it for good: ${deletionLine(place, name)}`;
}

/**
 * Deletes and purges what a restore of this process returned, and nothing else: only while the key's newest version is the one
 * that was returned.
 * @param version its newest version, when it was restored or shown to a person.
 * @returns why it is still there; undefined when it is gone.
 */
export async function removeKey(
  operator: KeyOperator,
  { name, version }: Pick<RestoredKey, 'name' | 'version'>,
  deadline: AbortSignal,
): Promise<Failure | undefined> {
  const { source } = operator.keys;
  let step: 'delete' | 'purge' = 'delete';
  try {
    const active = await operator.findKey(name, deadline);
    if (active !== undefined) {
      if (active.version !== version) throw isAnother(name, source);
      // Gone already: by somebody else, or by an attempt whose answer was lost.
      await operator.deleteKey(name, deadline).catch(orAbsent);
    }
    step = 'purge';
    const deleted = await operator.findDeletedKey(name, deadline);
    if (deleted === undefined) return undefined;
    if (deleted.version !== version) throw isAnother(name, source);
    await operator.purgeKey(name, deadline).catch(orAbsent);
    return undefined;
  } catch (error) {
    return describeFailure(error, step, source, name);
  }
}

function isAnother(name: string, source: SourceId): EscrowFault {
  return new EscrowFault(
    'anotherKey',
    `what has the name "${name}" in ${describeSource(source)} now is not what was there before`,
    'It is left alone: find out who uses this place.',
  );
}
