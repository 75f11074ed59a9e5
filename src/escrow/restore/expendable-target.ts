import { EscrowFault } from '../model/failure.ts';
import { capitalised } from '../model/finding.ts';
import { describeSource, type EscrowSource, isSameSource, type SourceId, sourcePath } from '../model/source.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { recordPrefix } from '../records/blob-names.ts';
import type { StoredAudit } from '../records/stored-audits.ts';

/** By what a place is known to be a source. */
export interface KnownSources {
  /** Those of the settings here. */
  readonly sources: readonly EscrowSource[];
  /** The newest audit. */
  readonly audit: StoredAudit | undefined;
  readonly store: EscrowStore;
}

/**
 * Makes sure that keys may be restored, deleted and purged in a place: that it is no source, by the settings here and by what
 * audits saw. Records of it count only where there is no audit: whoever may write records could keep every place from every drill.
 * @param what it is wanted for, as a message begins: `No drill`.
 * @returns what to know of records that no audit can explain. @throws EscrowFault when it is a source.
 */
export async function requireExpendable(
  target: SourceId,
  what: string,
  { sources, audit, store }: KnownSources,
  deadline: AbortSignal,
): Promise<string | undefined> {
  if (sources.some((source) => isSameSource(source, target))) {
    throw notExpendable('targetConfigured', `${what}: ${describeSource(target)} is a configured source`);
  }
  // The settings of one desk may lack a source that another's have.
  if (audit?.head.sources.some(({ source }) => source === sourcePath(target))) {
    throw notExpendable('targetAudited', `${what}: audits know ${describeSource(target)}, so it is or was a source`);
  }
  for await (const { name } of store.list(recordPrefix(target), deadline)) {
    const records = `${describeSource(target)} has records in the escrow (${name})`;
    if (audit !== undefined)
      return `${capitalised(records)}, though no audit ever knew it as a source: find out who wrote them (storage logs).`;
    throw notExpendable('targetEscrowed', `${what}: ${records}, so it is or was a source`);
  }
  return undefined;
}

function notExpendable(code: string, reason: string): EscrowFault {
  return new EscrowFault(
    code,
    reason,
    'Keys that matter may live there, and what is restored here is deleted and purged again: take a vault or Managed HSM that is for nothing else.',
  );
}
