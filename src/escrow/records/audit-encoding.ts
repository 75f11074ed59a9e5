import { type BlobBytes, type BytesInPieces, piecesOf } from '../ports/blob-bytes.ts';
import { type Audit, type AuditedKey, type AuditHead, auditedKeySchema, auditHeadSchema } from './audit-document.ts';
import { packKeys } from './packed-keys.ts';

// An audit is one JSON object with one key a line, so that nobody has to hold 50,000 keys as objects to read or write it.

/** More than a thousand bytes a key for 200,000 keys. */
export const maxAuditBytes = 256 * 1024 ** 2;

const headEnd = ',"keys":[';
const end = ']}';

/** Whole lines, of some 64 KB at once. */
const pieceBytes = 64 * 1024;

/** Not held as a whole: an audit is the largest thing that an audit makes. */
export function encodeAudit({ keys, ...head }: Audit): BytesInPieces {
  function* lines(): Generator<string> {
    yield `${JSON.stringify(head).slice(0, -1)}${headEnd}\n`;
    let left = keys.length;
    for (const key of keys) yield `${JSON.stringify(key)}${--left === 0 ? '' : ','}\n`;
    yield `${end}\n`;
  }
  let length = 0;
  for (const line of lines()) length += Buffer.byteLength(line);
  return {
    length,
    *[Symbol.iterator]() {
      let piece = '';
      for (const line of lines()) {
        piece += line;
        if (piece.length < pieceBytes) continue;
        yield Buffer.from(piece);
        piece = '';
      }
      yield Buffer.from(piece);
    },
  };
}

/** An audit that was read back and checked. */
export type ReadAudit = NonNullable<ReturnType<typeof decodeAudit>>;

/** Whether the bytes are an audit of this version. Holds one key at a time. */
export function isAudit(bytes: BlobBytes): boolean {
  return readLines(bytes, () => undefined) !== undefined;
}

/** @returns undefined when the bytes are not an audit of this version. */
export function decodeAudit(bytes: BlobBytes) {
  const places = new Map<string, Map<string, number>>();
  const keys = packKeys();
  const counts: (number | undefined)[] = [];
  const head = readLines(bytes, (key) => {
    const ofSource = places.get(key.source) ?? new Map<string, number>();
    counts.push(key.folder && Date.parse(key.folder.listedAt));
    places.set(key.source, ofSource.set(key.key.toLowerCase(), keys.add(key)));
  });
  if (head === undefined) return undefined;
  const placeOf = (source: string, key: string): number => places.get(source)?.get(key.toLowerCase()) ?? -1;
  return {
    head,
    keys,
    /** By source path and key name in any case. */
    find: (source: string, key: string) => keys.at(placeOf(source, key)),
    /** The names of the keys of one source, lower-case. Unpacks none of them, and neither does `countedAt`. */
    namesOf: (source: string): Iterable<string> => places.get(source)?.keys() ?? [],
    /** When a key's whole folder was last listed, in milliseconds; undefined for a key without such a listing. */
    countedAt: (source: string, key: string) => counts[placeOf(source, key)],
    /** The keys of one source, in the audit's order. */
    *keysOf(source: string): Generator<AuditedKey> {
      for (const place of places.get(source)?.values() ?? []) {
        const key = keys.at(place);
        if (key !== undefined) yield key;
      }
    },
  };
}

/** @returns undefined for anything that `encodeAudit` does not write. */
function readLines(bytes: BlobBytes, each: (key: AuditedKey) => void): AuditHead | undefined {
  try {
    const lines = linesOf(bytes);
    const first = lines.next().value ?? '';
    if (!first.endsWith(headEnd)) return undefined;
    const head = auditHeadSchema.parse(JSON.parse(`${first.slice(0, -headEnd.length)}}`));
    const sources = new Set(head.sources.map(({ source }) => source));
    for (const line of lines) {
      if (line === end) return lines.next().done ? head : undefined;
      const key = auditedKeySchema.parse(JSON.parse(line.replace(/,$/, '')));
      if (!sources.has(key.source)) return undefined;
      each(key);
    }
    return undefined;
  } catch {
    return undefined;
  }
}

/** Without the ends of lines. @throws when a piece does not end with one. */
function* linesOf(bytes: BlobBytes): Generator<string> {
  for (const { buffer, byteOffset, byteLength } of piecesOf(bytes)) {
    const piece = Buffer.from(buffer, byteOffset, byteLength);
    for (let at = 0; at < piece.length; ) {
      const lineEnd = piece.indexOf('\n', at);
      if (lineEnd < 0) throw new Error('a line without an end');
      yield piece.toString('utf8', at, lineEnd);
      at = lineEnd + 1;
    }
  }
}
