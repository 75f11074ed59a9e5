import type { Audit, AuditedKey, AuditHead } from './audit-document.ts';
import { auditedKeySchema, auditHeadSchema } from './audit-document.ts';
import type { PackedKeys } from './packed-keys.ts';
import { packKeys } from './packed-keys.ts';

// An audit is one JSON object with one key a line, so that nobody has to hold 50,000 keys as objects to read or write it.

/** More than a thousand bytes a key for 200,000 keys. */
export const maxAuditBytes = 256 * 1024 ** 2;

const headEnd = ',"keys":[';
const end = ']}\n';

/** Measured first and written once: an audit is the largest thing that an audit holds. */
export function encodeAudit(audit: Audit): Buffer {
  const { keys, ...head } = audit;
  const first = `${JSON.stringify(head).slice(0, -1)}${headEnd}\n`;
  function* lines(): Generator<string> {
    let left = keys.length;
    for (const key of keys) yield `${JSON.stringify(key)}${--left === 0 ? '' : ','}\n`;
  }
  let size = Buffer.byteLength(first) + end.length;
  for (const line of lines()) size += Buffer.byteLength(line);
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.write(first);
  for (const line of lines()) at += bytes.write(line, at);
  bytes.write(end, at);
  return bytes;
}

/** An audit that was read back and checked. */
export interface ReadAudit {
  readonly head: AuditHead;
  readonly keys: PackedKeys;
  /** By source path and key name in any case. */
  find(source: string, key: string): AuditedKey | undefined;
  /** The names of the keys of one source, lower-case. Unpacks none of them, and neither does `countedAt`. */
  namesOf(source: string): Iterable<string>;
  /** When a key's whole folder was last listed, in milliseconds; undefined for a key without such a listing. */
  countedAt(source: string, key: string): number | undefined;
  /** The keys of one source, in the audit's order. */
  keysOf(source: string): Generator<AuditedKey>;
}

/** Whether the bytes are an audit of this version. Holds one key at a time. */
export function isAudit(bytes: Buffer): boolean {
  return readLines(bytes, () => undefined) !== undefined;
}

/** @returns undefined when the bytes are not an audit of this version. */
export function decodeAudit(bytes: Buffer): ReadAudit | undefined {
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
    find: (source, key) => keys.at(placeOf(source, key)),
    namesOf: (source) => places.get(source)?.keys() ?? [],
    countedAt: (source, key) => counts[placeOf(source, key)],
    *keysOf(source) {
      for (const place of places.get(source)?.values() ?? []) {
        const key = keys.at(place);
        if (key !== undefined) yield key;
      }
    },
  };
}

/** @returns undefined for anything that `encodeAudit` does not write. */
function readLines(bytes: Buffer, each: (key: AuditedKey) => void): AuditHead | undefined {
  try {
    const headLine = lineAt(bytes, 0);
    if (!headLine.text.endsWith(headEnd)) return undefined;
    const head = auditHeadSchema.parse(JSON.parse(`${headLine.text.slice(0, -headEnd.length)}}`));
    const sources = new Set(head.sources.map(({ source }) => source));
    let at = headLine.next;
    while (at < bytes.length - end.length) {
      const { text, next } = lineAt(bytes, at);
      const key = auditedKeySchema.parse(JSON.parse(text.replace(/,$/, '')));
      if (!sources.has(key.source)) return undefined;
      each(key);
      at = next;
    }
    return bytes.subarray(at).toString() === end ? head : undefined;
  } catch {
    return undefined;
  }
}

function lineAt(bytes: Buffer, start: number): { readonly text: string; readonly next: number } {
  const lineEnd = bytes.indexOf('\n', start);
  if (lineEnd < 0) throw new Error('a line without an end');
  return { text: bytes.toString('utf8', start, lineEnd), next: lineEnd + 1 };
}
