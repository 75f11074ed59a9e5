import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AuditedKey, AuditedKeys } from './audit-document.ts';

/**
 * Keys of an audit as compressed JSON: some 300 bytes a key, where objects take 1,700. An audit holds all keys of the escrow several
 * times over: as the last audit knew them, as it finds them, and as it writes them. Only added to; each read makes a new object.
 */
export interface PackedKeys extends AuditedKeys {
  /** @returns its place. */
  add(key: AuditedKey): number;
}

const keysPerBlock = 256;
/** Whoever reads in about the order of the keys, several at once, unpacks each block once. */
const blocksAtHand = 3;

export function packKeys(keys: Iterable<AuditedKey> = []): PackedKeys {
  const blocks: { readonly packed: Uint8Array; readonly size: number }[] = [];
  const atHand = new Map<number, readonly string[]>();
  let open: string[] = [];

  const linesOf = (index: number): readonly string[] => {
    const block = blocks[index];
    if (block === undefined) return open;
    const lines =
      atHand.get(index) ??
      inflateRawSync(block.packed, { chunkSize: block.size + 64 })
        .toString()
        .split('\n');
    atHand.delete(index);
    atHand.set(index, lines);
    const [longestAgo] = atHand.keys();
    if (atHand.size > blocksAtHand && longestAgo !== undefined) atHand.delete(longestAgo);
    return lines;
  };
  const count = (): number => blocks.length * keysPerBlock + open.length;
  const list = listKeys(count, (index) =>
    JSON.parse(linesOf(Math.floor(index / keysPerBlock))[index % keysPerBlock] ?? ''),
  );
  const add = (key: AuditedKey): number => {
    open.push(JSON.stringify(key));
    const place = count() - 1;
    if (open.length === keysPerBlock) {
      const bytes = Buffer.from(open.join('\n'));
      // A copy, because the answer may be the beginning of a larger buffer.
      blocks.push({ packed: Uint8Array.from(deflateRawSync(bytes, { level: 1 })), size: bytes.length });
      open = [];
    }
    return place;
  };
  for (const key of keys) add(key);
  return Object.assign(list, { add });
}

/** Some of the keys, in an order of their own. */
export function selectKeys(keys: AuditedKeys, places: readonly number[]): AuditedKeys {
  return listKeys(
    () => places.length,
    (index) => keys.at(places[index] ?? -1),
  );
}

/** Lists one after the other, as one. */
export function joinKeys(lists: readonly AuditedKeys[]): AuditedKeys {
  return listKeys(
    () => lists.reduce((sum, { length }) => sum + length, 0),
    (index) => {
      let place = index;
      for (const list of lists) {
        if (place < list.length) return list.at(place);
        place -= list.length;
      }
      return undefined;
    },
  );
}

function listKeys(count: () => number, keyAt: (index: number) => AuditedKey | undefined): AuditedKeys {
  const at = (index: number) => (index >= 0 && index < count() ? keyAt(index) : undefined);
  const list: AuditedKeys & { toJSON(): AuditedKey[] } = {
    get length() {
      return count();
    },
    at,
    *[Symbol.iterator]() {
      for (let index = 0; index < count(); index++) {
        const key = keyAt(index);
        if (key !== undefined) yield key;
      }
    },
    toJSON: () => [...list],
  };
  return list;
}
