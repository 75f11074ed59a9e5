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

/** A block is unpacked into 75 KB, which V8 and malloc reuse soon; four times as much they keep longer. */
const keysPerBlock = 64;
/** Whoever reads in about the order of the keys, several at once, unpacks each block once. */
const blocksAtHand = 3;

export function packKeys(keys: Iterable<AuditedKey> = []): PackedKeys {
  /** `ends`: where each of its keys ends, in bytes. */
  const blocks: { readonly packed: Uint8Array; readonly ends: readonly number[] }[] = [];
  const keep = slabAllocator();
  const atHand = new Map<number, Buffer>();
  let open: string[] = [];

  const jsonAt = (index: number): string => {
    const blockIndex = Math.floor(index / keysPerBlock);
    const place = index % keysPerBlock;
    const block = blocks[blockIndex];
    if (block === undefined) return open[place] ?? '';
    const size = block.ends.at(-1) ?? 0;
    const bytes = atHand.get(blockIndex) ?? inflateRawSync(block.packed, { chunkSize: size + 64 });
    atHand.delete(blockIndex);
    atHand.set(blockIndex, bytes);
    const [longestAgo] = atHand.keys();
    if (atHand.size > blocksAtHand && longestAgo !== undefined) atHand.delete(longestAgo);
    return bytes.toString('utf8', block.ends[place - 1] ?? 0, block.ends[place]);
  };
  const count = (): number => blocks.length * keysPerBlock + open.length;
  const list = listKeys(count, (index) => JSON.parse(jsonAt(index)));
  const add = (key: AuditedKey): number => {
    open.push(JSON.stringify(key));
    const place = count() - 1;
    if (open.length === keysPerBlock) {
      let end = 0;
      const ends = open.map((json) => (end += Buffer.byteLength(json)));
      blocks.push({ packed: keep(deflateRawSync(open.join(''), { level: 1 })), ends });
      open = [];
    }
    return place;
  };
  for (const key of keys) add(key);
  return Object.assign(list, { add });
}

const slabBytes = 1024 ** 2;

/**
 * Copies bytes that stay, side by side into large pieces of memory. Each in a piece of its own, between others that soon go, they would
 * keep malloc from giving memory back.
 */
function slabAllocator(): (bytes: Uint8Array) => Uint8Array {
  let slab = new Uint8Array(0);
  let used = 0;
  return (bytes) => {
    if (used + bytes.length > slab.length) {
      slab = new Uint8Array(Math.max(slabBytes, bytes.length));
      used = 0;
    }
    slab.set(bytes, used);
    used += bytes.length;
    return slab.subarray(used - bytes.length, used);
  };
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
