import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AuditedKey, AuditedKeys } from './audit-document.ts';

/**
 * Keys of an audit as compressed JSON: some 300 bytes a key, where objects take 1,700. An audit holds all keys of the escrow several
 * times over: as the last audit knew them, as it finds them, and as it writes them. Only added to; each read makes a new object.
 */
export interface PackedKeys extends AuditedKeys {
  /** @returns its place. */
  add(key: AuditedKey): number;
  toJSON(): AuditedKey[];
}

const keysPerBlock = 256;
/** Whoever reads in about the order of the keys, several at once, unpacks each block once. */
const blocksAtHand = 3;

export function packKeys(keys: Iterable<AuditedKey> = []): PackedKeys {
  const blocks: Uint8Array[] = [];
  const atHand = new Map<number, readonly string[]>();
  let open: string[] = [];

  const linesOf = (block: number): readonly string[] => {
    const packed = blocks[block];
    if (packed === undefined) return open;
    const lines = atHand.get(block) ?? inflateRawSync(packed).toString().split('\n');
    atHand.delete(block);
    atHand.set(block, lines);
    const [longestAgo] = atHand.keys();
    if (atHand.size > blocksAtHand && longestAgo !== undefined) atHand.delete(longestAgo);
    return lines;
  };
  const keyAt = (index: number): AuditedKey =>
    JSON.parse(linesOf(Math.floor(index / keysPerBlock))[index % keysPerBlock] ?? '');
  const packed: PackedKeys = {
    get length() {
      return blocks.length * keysPerBlock + open.length;
    },
    at: (index) => (index < packed.length ? keyAt(index) : undefined),
    add(key) {
      const place = packed.length;
      open.push(JSON.stringify(key));
      if (open.length === keysPerBlock) {
        blocks.push(deflateRawSync(open.join('\n'), { level: 1 }));
        open = [];
      }
      return place;
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < packed.length; index++) yield keyAt(index);
    },
    toJSON: () => [...packed],
  };
  for (const key of keys) packed.add(key);
  return packed;
}
