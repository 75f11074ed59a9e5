import { keyNamePattern, type SourceId, type SourceKind, sourceNamePattern } from './source.ts';

/** The DNS suffixes under which a cloud's sources live, without a leading dot. */
export type SourceSuffixes = Readonly<Record<SourceKind, string>>;

/** The parts of a key identifier, in whatever cloud. */
interface KeyIdParts {
  /** Lower-case. */
  readonly host: string;
  readonly name: string;
  readonly version?: string;
}

/**
 * Takes a key identifier apart, with or without version. Strict, because it names a host: https, no user, no query, the default
 * port, a host of several labels. Undefined for everything else.
 */
export function splitKeyId(id: string): KeyIdParts | undefined {
  const url = URL.parse(id);
  if (url?.protocol !== 'https:' || url.username || url.password || url.port || url.search || url.hash)
    return undefined;
  const [, folder, name, version, ...rest] = url.pathname.split('/');
  if (folder !== 'keys' || name === undefined || rest.length > 0 || !url.hostname.includes('.')) return undefined;
  if (!keyNamePattern.test(name) || (version !== undefined && !/^[0-9a-zA-Z]{0,64}$/.test(version))) return undefined;
  return { host: url.hostname, name, ...(version && { version }) };
}

/** Reads a key identifier of this cloud: one label before one of its suffixes. Undefined for everything else. */
export function parseKeyId(id: string, suffixes: SourceSuffixes) {
  const parts = splitKeyId(id);
  const source = parts && sourceOfHost(parts.host, suffixes);
  if (parts === undefined || source === undefined) return undefined;
  const { host: _, ...key } = parts;
  return { source, ...key };
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
