import { count } from '../model/count.ts';
import { EscrowFault, endOnRefusal } from '../model/failure.ts';
import { describeSource, type SourceId, sourceOption } from '../model/source.ts';
import type { KeyOperator } from '../ports/key-operator.ts';
import { readTakenNames } from '../restore/restore-step.ts';

/**
 * Makes sure that a drill target is empty, deleted keys included.
 * @param left names that open drills say they may have left there, lower-case: they are claims, and only say what to look for.
 * @throws EscrowFault when it is not empty, or cannot be looked into.
 */
export async function requireEmpty(
  operator: KeyOperator,
  left: ReadonlySet<string>,
  deadline: AbortSignal,
): Promise<void> {
  const { source } = operator.keys;
  const { active, deleted } = await readTakenNames(operator, deadline).catch(endOnRefusal('list', source));
  const names = [...active, ...deleted.keys()];
  if (names.length === 0) return;
  const ofDrills = names.filter((name) => left.has(name));
  const others = names.filter((name) => !left.has(name));
  const list = (some: readonly string[]): string => some.slice(0, 5).join(', ') + (some.length > 5 ? ', …' : '');
  const place = `No drill: ${describeSource(source)} is not empty`;
  if (others.length > 0) {
    throw new EscrowFault(
      'drillTargetNotEmpty',
      `${place}: it has ${count(others.length, 'key')}, active or deleted, that no open drill names (${list(others)})`,
      'A deleted key counts until it is purged. Take an empty vault or Managed HSM that is for drills alone.',
    );
  }
  throw new EscrowFault(
    'drillTargetNotEmpty',
    `${place}: an earlier drill may have left ${list(ofDrills)}`,
    `See what it is, and take it away: ${sweepCommand(source)}.`,
  );
}

/** The command line that takes away what drills left in a target. */
export function sweepCommand(target: SourceId): string {
  return `\`keyvault-escrow drill sweep ${sourceOption(target, 'to-')}\``;
}
