import type { KnownKey, KnownKeys } from '../coverage/known-keys.ts';
import { parseSourcePath, sourcePath } from '../model/source-path.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { readAuditTrail } from './audit-trail.ts';

/**
 * What the newest audit that can be read knows of keys: what a restore, a drill or the next audit compares with.
 * @param audits the container of the audits.
 * @returns undefined when there is no audit that can be read.
 */
export async function readKnownKeys(
  audits: EscrowStore,
  now: Date,
  deadline: AbortSignal,
): Promise<KnownKeys | undefined> {
  const { newest } = await readAuditTrail(audits, now, deadline);
  if (newest === undefined) return undefined;
  const { sources, startedAt } = newest.audit;
  return {
    sources: sources.flatMap(({ source }) => parseSourcePath(source) ?? []),
    ofSource(source) {
      const audited = sources.find((one) => one.source === sourcePath(source));
      if (audited === undefined) return undefined;
      const keys = audited.keys.flatMap(({ key, versions }): [string, KnownKey][] =>
        versions === undefined
          ? []
          : [[key.toLowerCase(), { name: key, listedAt: versions.countedAt, versions: versions.witnesses }]],
      );
      return { listedAt: audited.unreadable === undefined ? startedAt : undefined, keys: new Map(keys) };
    },
  };
}
