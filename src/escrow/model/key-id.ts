import { keyNamePattern, sourceNamePattern } from '../model/source-path.ts';
import type { SourceId, SourceKind } from './source.ts';

/** The DNS suffixes under which a cloud's sources live, without a leading dot. */
export type SourceSuffixes = Readonly<Record<SourceKind, string>>;

export interface ParsedKeyId {
  readonly source: SourceId;
  readonly name: string;
  readonly version?: string;
}

/**
 * Reads a key identifier, with or without version. Strict, because it names a host: https, no user, no query, the default
 * port, one label before a suffix of this cloud. Undefined for everything else.
 */
export function parseKeyId(id: string, suffixes: SourceSuffixes): ParsedKeyId | undefined {
  const url = URL.parse(id);
  if (url?.protocol !== 'https:' || url.username || url.password || url.port || url.search || url.hash)
    return undefined;
  const source = sourceOfHost(url.hostname, suffixes);
  const [, folder, name, version, ...rest] = url.pathname.split('/');
  if (source === undefined || folder !== 'keys' || name === undefined || rest.length > 0) return undefined;
  if (!keyNamePattern.test(name) || (version !== undefined && !/^[0-9a-zA-Z]{0,64}$/.test(version))) return undefined;
  return { source, name, ...(version && { version }) };
}

function sourceOfHost(host: string, suffixes: SourceSuffixes): SourceId | undefined {
  for (const kind of ['vault', 'managedHsm'] as const) {
    const ending = `.${suffixes[kind]}`;
    const name = host.endsWith(ending) ? host.slice(0, -ending.length) : '';
    if (sourceNamePattern.test(name)) return { kind, name };
  }
  return undefined;
}

/** `https://contoso-prod.vault.azure.net`: the only host that a source's client may ever ask. */
export function sourceUrl(source: SourceId, suffixes: SourceSuffixes): string {
  return `https://${source.name}.${suffixes[source.kind]}`;
}
