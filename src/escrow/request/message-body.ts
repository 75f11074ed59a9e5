import type { OriginalMessage } from '../records/request-record.ts';
import { refuse } from './request-refused.ts';

const howToSend = 'Send one JSON object, UTF-8, in base64.';

/** Keeps every byte: a byte order mark is part of the text. */
export function originalMessage(bytes: Uint8Array): OriginalMessage {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

/**
 * Reads the JSON of a message: strict UTF-8, a byte order mark is allowed. A name that one object has twice is refused, because
 * readers differ in which of the two they take.
 * @throws RequestRefused
 */
export function parseMessageBody(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw refuse('the message is empty', howToSend);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse('the message is not valid UTF-8', howToSend);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw refuse('the message is not valid JSON', howToSend);
  }
  const twice = repeatedName(text);
  if (twice !== undefined) throw refuse(`the name ${JSON.stringify(twice)} is there twice`, howToSend);
  return body;
}

/** @param json valid JSON. Names are compared as they are read later: without case and outer spaces. */
function repeatedName(json: string): string | undefined {
  const objects: Set<string>[] = [];
  for (const [token, name] of json.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else if (name !== undefined) {
      const names = objects.at(-1);
      const plain: string = JSON.parse(name);
      const compared = plain.trim().toLowerCase();
      if (names?.has(compared)) return plain;
      names?.add(compared);
    }
  }
  return undefined;
}
