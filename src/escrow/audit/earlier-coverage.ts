import type { AuditedKey, AuditedSource } from './audit-document.ts';
import type { SoundAudit } from './audit-trail.ts';

/** What the audit before knew of a source, keys by lower-case name. */
export interface EarlierCoverage {
  /** The blob name of that audit; empty when there was none. */
  readonly name: string;
  readonly audited: AuditedSource | undefined;
  readonly keys: ReadonlyMap<string, AuditedKey>;
}

export function earlierCoverageOf(previous: SoundAudit | undefined, path: string): EarlierCoverage {
  const audited = previous?.audit.sources.find((source) => source.source === path);
  return {
    name: previous?.name ?? '',
    audited,
    keys: new Map(audited?.keys.map((key) => [key.key.toLowerCase(), key])),
  };
}
