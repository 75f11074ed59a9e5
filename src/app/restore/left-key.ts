import { describeSource } from '../../escrow/model/source.ts';
import { deletionLine, type LeftKey } from '../../escrow/restore/restored-key.ts';

/** What a restore leaves somewhere, or may leave, and the line that deletes it. */
export function describeLeft({ place, name }: LeftKey): string {
  return `Left behind: key "${name}" in ${describeSource(place)}. Look what it is; to delete it for good: ${deletionLine(place, name)}`;
}
