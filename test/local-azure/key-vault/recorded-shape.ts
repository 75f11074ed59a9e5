import type { RawAnswer } from './served-key-vault.ts';

/** One recorded request with its answer. */
export interface Exchange {
  readonly method: string;
  readonly status: number;
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Header names in any casing. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Transcribed by hand: only some of the headers. */
  readonly isExcerpt: boolean;
}

/** Headers whose presence must agree. */
const headersThatMatter = [
  'cache-control',
  'content-security-policy',
  'expires',
  'pragma',
  'strict-transport-security',
  'www-authenticate',
  'x-content-type-options',
  'x-frame-options',
  'x-ms-client-request-id',
  'x-ms-keyvault-network-info',
  'x-ms-keyvault-region',
  'x-ms-request-id',
];

/**
 * How an answer differs from the recorded one, in words; empty when it does not. Tolerated, because the service itself
 * changed since (each is listed below):
 * - a 401 of 2018 had no body, and the recorded HSM's 401s have either none or the word OK;
 * - a key that is not there was "Key not found: …" in 2018;
 * - a page may hold keys where the recorded one was empty, or be the last where the recorded one was not;
 * - HSM recordings were sanitized of x-ms-request-id.
 */
export function differences(recorded: Exchange, answer: RawAnswer): string[] {
  const found: string[] = [];
  if (answer.status !== recorded.status) found.push(`status ${recorded.status} became ${answer.status}`);
  const headers = new Map(Object.entries(recorded.headers).map(([name, value]) => [name.toLowerCase(), value]));
  for (const name of headersThatMatter) {
    const [was, is] = [headers.has(name), answer.headers[name] !== undefined];
    if (was && !is) found.push(`header ${name} is missing`);
    if (!was && is && !recorded.isExcerpt && name !== 'x-ms-request-id') found.push(`header ${name} is new`);
  }
  const challenge = headers.get('www-authenticate');
  if (challenge !== undefined) {
    const withoutTenant = (text: unknown) =>
      String(text).replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, '<tenant>');
    const [was, is] = [withoutTenant(challenge), withoutTenant(answer.headers['www-authenticate'])];
    if (was !== is) found.push(`challenge ${was} became ${is}`);
  }
  const type = headers.get('content-type');
  if (type !== undefined && answer.headers['content-type'] !== type) {
    found.push(`content type ${type} became ${answer.headers['content-type']}`);
  }
  if (recorded.status !== 401 || (typeof recorded.body === 'object' && recorded.body !== null)) {
    found.push(...shapeDifferences('body', recorded.body ?? undefined, answer.json));
  }
  return found;
}

/** Same member names and types, recursively; error texts against each other. */
function shapeDifferences(at: string, was: unknown, is: unknown): string[] {
  if (at === 'body.nextLink') return nextLinkDifferences(was, is);
  if (at === 'body.error.message' || at === 'body.error.code') return textDifferences(at, was, is);
  if (kindOf(was) !== kindOf(is)) return [`${at}: ${kindOf(was)} became ${kindOf(is)}`];
  if (Array.isArray(was) && Array.isArray(is)) {
    // Cut transcripts have a remark in place of an entry.
    const entries = was.filter((one) => typeof one !== 'string' || typeof is[0] === 'string');
    return entries.flatMap((one, index) => entryDifferences(`${at}[${index}]`, one, is));
  }
  if (kindOf(was) !== 'object') return [];
  const [then, now] = [was as Record<string, unknown>, is as Record<string, unknown>];
  const isTags = at.endsWith('.tags');
  return [...new Set([...Object.keys(then), ...Object.keys(now)])].flatMap((name) => {
    if (isTags || name === 'nextLink')
      return name === 'nextLink' ? shapeDifferences(`${at}.nextLink`, then[name], now[name]) : [];
    return shapeDifferences(`${at}.${name}`, then[name], now[name]);
  });
}

/** A recorded entry must look like one of today's; they differ in what is optional (tags, dates, `managed`). */
function entryDifferences(at: string, was: unknown, entries: readonly unknown[]): string[] {
  const candidates = entries.map((entry) => shapeDifferences(at, was, entry));
  return candidates.find((found) => found.length === 0) ?? candidates[0] ?? [];
}

/** A link or the end: its form must be the recorded one where both have a link, its spelling where both have none. */
function nextLinkDifferences(was: unknown, is: unknown): string[] {
  if (typeof was === 'string' && typeof is === 'string') {
    const form = (link: string) =>
      link.replace(/skiptoken=[^&]*/, 'skiptoken=…').replace(/\/keys\/[^/]+\//, '/keys/…/');
    return form(was) === form(is) ? [] : [`nextLink ${form(was)} became ${form(is)}`];
  }
  if (typeof was === 'string' || typeof is === 'string') return [];
  return was === is ? [] : [`nextLink ${String(was)} became ${String(is)}`];
}

function textDifferences(at: string, was: unknown, is: unknown): string[] {
  const words = (text: unknown) =>
    String(text)
      .replace(
        /^Key not found: (.*)$/,
        'A key with (name/id) $1 was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182',
      )
      .replaceAll(/[0-9a-f]{32}/g, '<version>');
  return words(was) === words(is) ? [] : [`${at}: "${words(was)}" became "${words(is)}"`];
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
