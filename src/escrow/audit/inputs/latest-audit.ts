import type { KnownKey, KnownKeys } from '../../coverage/known-keys.ts';
import { parseSourcePath, sourcePath } from '../../model/source-path.ts';
import type { EscrowStore } from '../../ports/escrow-store.ts';
import { readLatestAudit } from '../../records/stored-audits.ts';

/**
 * What the newest audit that can be read knows of keys: what a restore, a drill or the next audit compares with.
 * @param audits the store of the audits.
 * @returns undefined when there is no audit that can be read.
 */
export async function readKnownKeys(audits: EscrowStore, deadline: AbortSignal): Promise<KnownKeys | undefined> {
  const { audit } = await readLatestAudit(audits, deadline);
  if (audit === undefined) return undefined;
  const { sources } = audit.head;
  return {
    sources: sources.flatMap(({ source }) => parseSourcePath(source) ?? []),
    ofSource(source) {
      const path = sourcePath(source);
      const audited = sources.find((one) => one.source === path);
      if (audited === undefined) return undefined;
      const keys = [...audit.keysOf(path)].flatMap(({ key, versions }): [string, KnownKey][] =>
        versions === undefined
          ? []
          : [[key.toLowerCase(), { name: key, listedAt: versions.listedAt, versions: versions.known }]],
      );
      return { listedAt: audited.listedAt, keys: new Map(keys) };
    },
  };
}
