import { auditFolder, parseAuditName, periodPrefixes } from '../blob-names.ts';
import type { EscrowContainer, StoredBlob } from '../escrow-container.ts';
import { sha256Of } from '../put-once.ts';
import type { Audit, AuditedKey, AuditedSource } from './audit-document.ts';
import { parseAudit } from './audit-document.ts';

/** An audit as it was read back. */
export interface StoredAudit {
  readonly name: string;
  /** Of the content as read. */
  readonly sha256: string;
  /** Whether the digest that its writer put beside it says the same. */
  readonly isAsWritten: boolean;
  readonly createdAt: Date;
  /** Undefined when the content is no audit. */
  readonly audit: Audit | undefined;
}

/**
 * The newest audit, by the storage service's creation time; undefined when there is none. It is looked for among those of
 * the last days first, so a history of years is listed only after a silence of ten days.
 */
export async function findNewestAudit(
  container: EscrowContainer,
  now: Date,
  outOfTime: AbortSignal,
): Promise<StoredAudit | undefined> {
  const day = 24 * 60 * 60 * 1000;
  const recent = periodPrefixes('audits', new Date(now.getTime() - day), new Date(now.getTime() + day));
  const blob =
    (await newestOf(container, [...recent].reverse(), outOfTime)) ??
    (await newestOf(container, [auditFolder], outOfTime));
  return blob && readAudit(container, blob, outOfTime);
}

async function newestOf(
  container: EscrowContainer,
  prefixes: readonly string[],
  outOfTime: AbortSignal,
): Promise<StoredBlob | undefined> {
  const audits: StoredBlob[] = [];
  for (const prefix of prefixes) {
    for await (const blob of container.list(prefix, outOfTime)) {
      if (parseAuditName(blob.name)?.form === 'json') audits.push(blob);
    }
  }
  return audits.sort(byCreation).at(-1);
}

/** Oldest first. Creation times have whole seconds; within one, the number in the name decides. */
export function byCreation(a: StoredBlob, b: StoredBlob): number {
  const attempt = ({ name }: StoredBlob): number => parseAuditName(name)?.attempt ?? 1;
  return a.createdAt.getTime() - b.createdAt.getTime() || attempt(a) - attempt(b) || (a.name < b.name ? -1 : 1);
}

export async function readAudit(
  container: EscrowContainer,
  blob: StoredBlob,
  outOfTime: AbortSignal,
): Promise<StoredAudit> {
  const bytes = await container.read(blob.name, outOfTime);
  const sha256 = sha256Of(bytes);
  return {
    name: blob.name,
    sha256,
    isAsWritten: blob.metadata.sha256 === sha256,
    createdAt: blob.createdAt,
    audit: parseAudit(Buffer.from(bytes).toString('utf8')),
  };
}

/** What the audit before knew of a source, keys by lower-case name. */
export interface EarlierCoverage {
  /** The blob name of that audit; empty when there was none. */
  readonly name: string;
  readonly audited: AuditedSource | undefined;
  readonly keys: ReadonlyMap<string, AuditedKey>;
}

export function earlierCoverageOf(previous: StoredAudit | undefined, path: string): EarlierCoverage {
  const audited = previous?.audit?.sources.find((source) => source.source === path);
  return {
    name: previous?.name ?? '',
    audited,
    keys: new Map(audited?.keys.map((key) => [key.key.toLowerCase(), key])),
  };
}
