import type { LocalSource } from '../../../local-azure/key-vault/local-source.ts';
import type { Exchange } from './recorded-shape.ts';

/** One call of the 2018 recordings (Java, api-version 7.0), as its file has it. Request bodies were not recorded. */
export interface SessionRecord {
  readonly Method: string;
  readonly Uri: string;
  readonly Response: Readonly<Record<string, string>>;
}

interface RecordedBody {
  readonly key?: { readonly kid: string; readonly kty: string; readonly key_ops: string[] };
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly value?: string | { readonly kid: string }[];
}

/** Sends a request and compares its answer with the recorded one. @returns the JSON of the answer. */
export type Replay = (recorded: Exchange, url: string, body: unknown) => Promise<unknown>;

/**
 * Replays a conversation, with the version ids, page tokens and backups of today in place of the recorded ones.
 * @returns what was left out, each call's reason.
 */
export async function replaySession(
  records: readonly SessionRecord[],
  vault: LocalSource,
  replay: Replay,
): Promise<string[]> {
  const leftOut: string[] = [];
  const versions = new Map<string, string>();
  let backup: unknown;
  let nextLink: string | undefined;
  for (const [index, record] of records.entries()) {
    const url = new URL(record.Uri);
    const reason = whyLeftOut(record);
    if (reason !== undefined) {
      leftOut.push(reason);
      continue;
    }
    const recorded = exchangeOf(record);
    const answered = recorded.body as RecordedBody | undefined;
    if (url.searchParams.has('$skiptoken') && nextLink === undefined) url.searchParams.delete('$skiptoken');
    let target = url.searchParams.has('$skiptoken') ? (nextLink ?? '') : url.href;
    for (const [then, now] of versions) target = target.replace(then, now);
    addMissingKeys(vault, record, url, answered);
    if (record.Method === 'DELETE') vault.setDeletionLag(readsInVain(records.slice(index + 1), url));
    const json = (await replay(recorded, target, bodyOf(record, url, answered, backup))) as RecordedBody & {
      nextLink?: string | null;
    };
    const [then, now] = [versionOf(answered?.key?.kid), versionOf(json?.key?.kid)];
    if (then !== undefined && now !== undefined) versions.set(then, now);
    if (typeof json?.value === 'string') backup = json.value;
    if (Array.isArray(json?.value)) nextLink = json.nextLink ?? undefined;
  }
  return leftOut;
}

/** Rather than about certificates. */
export function isAboutKeys({ Uri }: SessionRecord): boolean {
  return /^\/(deleted)?keys/.test(new URL(Uri).pathname);
}

function whyLeftOut(record: SessionRecord): string | undefined {
  if (!isAboutKeys(record)) return 'certificates';
  const isUse = /\/(encrypt|decrypt|wrapkey|unwrapkey|sign|verify)$/.test(new URL(record.Uri).pathname);
  return isUse ? 'use of a key, which the stand-in does not carry out' : undefined;
}

function exchangeOf(record: SessionRecord): Exchange {
  const { StatusCode, Body, ...headers } = record.Response;
  return {
    method: record.Method,
    status: Number(StatusCode),
    requestHeaders: {},
    headers,
    body: Body === undefined || Body === '' ? undefined : JSON.parse(Body),
    isExcerpt: false,
  };
}

/** What was sent, read off what was answered. */
function bodyOf(record: SessionRecord, url: URL, answered: RecordedBody | undefined, backup: unknown): unknown {
  if (url.pathname.endsWith('/restore')) return { value: backup };
  const { attributes, tags, key } = answered ?? {};
  if (url.pathname.endsWith('/create')) return { kty: key?.kty ?? 'RSA', attributes, tags };
  return record.Method === 'PATCH' ? { key_ops: key?.key_ops, attributes, tags } : undefined;
}

/** Keys that were in the vault before the recording began. */
function addMissingKeys(vault: LocalSource, record: SessionRecord, url: URL, answered: RecordedBody | undefined): void {
  const names: (string | undefined)[] = [];
  const isDeletion = record.Method === 'DELETE' && url.pathname.startsWith('/keys/');
  if (isDeletion && record.Response.StatusCode === '200') names.push(url.pathname.split('/')[2]);
  if (url.pathname === '/keys' && Array.isArray(answered?.value)) {
    names.push(...answered.value.map(({ kid }) => kid.split('/keys/')[1]));
  }
  for (const name of names) {
    if (name !== undefined && !vault.keyNames().includes(name)) vault.addKey({ name, kty: 'RSA' });
  }
}

/** The service deletes in the background: how many reads of the deleted key came to nothing. */
function readsInVain(after: readonly SessionRecord[], deletion: URL): number {
  const path = deletion.pathname.replace('/keys/', '/deletedkeys/');
  const end = after.findIndex(({ Uri, Response }) => new URL(Uri).pathname !== path || Response.StatusCode !== '404');
  return end === -1 ? after.length : end;
}

function versionOf(kid: string | undefined): string | undefined {
  return /\/([0-9a-f]{32})$/.exec(kid ?? '')?.[1];
}
