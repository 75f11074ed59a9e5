import { reasonOf } from '../../escrow/model/remedy.ts';
import { describeSource } from '../../escrow/model/source.ts';
import type { ConflictWait } from '../../escrow/ports/conflict-wait.ts';

/** `Waiting 4 s to purge key "signing" in vault "contoso-drill": another operation on it goes on …`. */
export function describeWait({ source, operation, keyName, ms, refusal }: ConflictWait): string {
  const what = `${operation === 'backUp' ? 'back up' : operation} key "${keyName}" in ${describeSource(source)}`;
  return `Waiting ${Math.round(ms / 1000)} s to ${what}: another operation on it goes on. ${reasonOf(refusal)}.`;
}
