import type { Answer } from './answer.ts';
import type { Call } from './route.ts';
import { badParameter } from './service-errors.ts';
import type { SourceState } from './source-state.ts';

const maxPageSize = 25; // the service's default and maximum

interface PageRequest<T> {
  readonly source: SourceState;
  /** The collection's path, e.g. `/keys`. */
  readonly path: string;
  readonly call: Call;
  /** In ascending order of their markers. */
  readonly items: readonly T[];
  readonly marker: (item: T) => string;
  readonly render: (item: T) => unknown;
}

/**
 * One page of a listing. The token names the next item, not a position, so a key that vanishes meanwhile shifts
 * nothing. A vault's last page says `"nextLink": null`, a Managed HSM's says nothing (both as recorded).
 */
export function page<T>(request: PageRequest<T>): Answer {
  const { source, items, marker } = request;
  const { query } = request.call;
  const asked = query.get('maxresults');
  const size = asked === null ? maxPageSize : Number(asked);
  if (!Number.isInteger(size) || size < 1 || size > maxPageSize) {
    return badParameter(`Invalid maxresults: ${asked}. It must be between 1 and ${maxPageSize}.`);
  }
  const token = query.get('$skiptoken');
  const at = token === null ? { marker: '', page: 0 } : readToken(source, token);
  if (at === undefined) return badParameter('The skiptoken is invalid.');
  const start = firstAtOrAfter(items, marker, at.marker);
  // A vault also sends empty pages that carry a nextLink; here, among keys, one after every second full page.
  const hasEmptyPages = source.kind === 'vault' && request.call.operation !== 'listVersions';
  const isEmptyPage = hasEmptyPages && at.page % 3 === 2;
  const taken = isEmptyPage ? [] : items.slice(start, start + size);
  const next = items[start + taken.length];
  const endsWithEmptyPage = hasEmptyPages && at.page % 3 === 1 && taken.length === size;
  const nextMarker = next === undefined ? (endsWithEmptyPage ? '~' : undefined) : marker(next);
  const value = taken.map(request.render);
  if (nextMarker === undefined) {
    return { status: 200, body: source.kind === 'vault' ? { value, nextLink: null } : { value } };
  }
  return { status: 200, body: { value, nextLink: nextLink(request, asked, nextMarker, at.page + 1) } };
}

function nextLink<T>(request: PageRequest<T>, maxResults: string | null, marker: string, pageNumber: number): string {
  const { source, path, call } = request;
  const skip = `$skiptoken=${writeToken(source, marker, pageNumber)}`;
  if (source.kind === 'managedHsm') {
    return `${source.url}${path}?${maxResults === null ? '' : `maxresults=${maxResults}&`}${skip}`;
  }
  const rest = maxResults === null ? '' : `&maxresults=${maxResults}`;
  return `${source.url}:443${path}?api-version=${call.apiVersion}&${skip}${rest}`;
}

const endOfTime = '9999-12-31T23:59:59.9999999Z';

/** Laid out as the recorded ones: a storage marker in a vault, a database continuation in a Managed HSM. */
function writeToken(source: SourceState, marker: string, pageNumber: number): string {
  if (source.kind === 'managedHsm') {
    const row = Buffer.from(marker).toString('base64');
    return Buffer.from(`+RID:~${row}#RT:${pageNumber}#ISV:2#IEO:65567`).toString('base64url');
  }
  const length = String(marker.length).padStart(6, '0');
  const row = Buffer.from(`${length}!${marker}!000028!${endOfTime}!`).toString('base64').replaceAll('=', '-');
  const json = JSON.stringify({ NextMarker: `2!${row.length}!${row}`, TargetLocation: 0, Page: pageNumber });
  return Buffer.from(json).toString('base64url');
}

function readToken(source: SourceState, token: string): { marker: string; page: number } | undefined {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (source.kind === 'managedHsm') {
    const [, row, pageNumber] = /^\+RID:~([^#]*)#RT:(\d+)#/.exec(text) ?? [];
    if (row === undefined) return undefined;
    return { marker: Buffer.from(row, 'base64').toString('utf8'), page: Number(pageNumber) };
  }
  const [, row, pageNumber] = /"NextMarker":"2!\d+!([^"]*)".*"Page":(\d+)/.exec(text) ?? [];
  if (row === undefined) return undefined;
  const marker = /^\d{6}!([^!]*)!/.exec(Buffer.from(row.replaceAll('-', '='), 'base64').toString('utf8'))?.[1];
  return marker === undefined ? undefined : { marker, page: Number(pageNumber) };
}

function firstAtOrAfter<T>(items: readonly T[], marker: (item: T) => string, wanted: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && marker(item) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
