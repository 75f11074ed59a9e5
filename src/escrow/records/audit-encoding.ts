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
  /** The keys of one source, in the audit's order. */
  keysOf(source: string): Generator<AuditedKey>;
}

/** @returns undefined when the bytes are not an audit of this version. */
export function decodeAudit(bytes: Buffer): ReadAudit | undefined {
  try {
    return readLines(bytes);
  } catch {
    return undefined;
  }
}

/** @throws Error for anything that `encodeAudit` does not write. */
function readLines(bytes: Buffer): ReadAudit {
  const headLine = lineAt(bytes, 0);
  if (!headLine.text.endsWith(headEnd)) throw new Error('no head');
  const head = auditHeadSchema.parse(JSON.parse(`${headLine.text.slice(0, -headEnd.length)}}`));
  const places = new Map<string, Map<string, number>>(head.sources.map(({ source }) => [source, new Map()]));
  const keys = packKeys();
  let at = headLine.next;
  while (at < bytes.length - end.length) {
    const { text, next } = lineAt(bytes, at);
    const key = auditedKeySchema.parse(JSON.parse(text.replace(/,$/, '')));
    const ofSource = places.get(key.source);
    if (ofSource === undefined) throw new Error('a key of a source that is not listed');
    ofSource.set(key.key.toLowerCase(), keys.add(key));
    at = next;
  }
  if (bytes.subarray(at).toString() !== end) throw new Error('no end');
  const keyAt = (place: number | undefined) => (place === undefined ? undefined : keys.at(place));
  return {
    head,
    keys,
    find: (source, key) => keyAt(places.get(source)?.get(key.toLowerCase())),
    *keysOf(source) {
      for (const place of places.get(source)?.values() ?? []) {
        const key = keyAt(place);
        if (key !== undefined) yield key;
      }
    },
  };
}

function lineAt(bytes: Buffer, start: number): { readonly text: string; readonly next: number } {
  const lineEnd = bytes.indexOf('\n', start);
  if (lineEnd < 0) throw new Error('a line without an end');
  return { text: bytes.toString('utf8', start, lineEnd), next: lineEnd + 1 };
}
