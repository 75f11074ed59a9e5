import { EscrowFault } from '../model/failure.ts';
import type { EscrowSource, SourceId } from '../model/source.ts';
import { describeSource, isSameSource } from '../model/source.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { recordPrefix } from '../records/blob-names.ts';

/**
 * Makes sure that keys may be restored, deleted and purged in a place: that it is no source, configured here or ever escrowed.
 * @param what it is wanted for, as a message begins: `No drill`.
 * @throws EscrowFault when it is a source.
 */
export async function requireExpendable(
  target: SourceId,
  what: string,
  store: EscrowStore,
  sources: readonly EscrowSource[],
  deadline: AbortSignal,
): Promise<void> {
  if (sources.some((source) => isSameSource(source, target))) {
    throw notExpendable('targetConfigured', `${what}: ${describeSource(target)} is a configured source`);
  }
  // The settings of one desk may lack a source that another's have; what was ever escrowed is in the container for all.
  for await (const { name } of store.list(recordPrefix(target), deadline)) {
    throw notExpendable(
      'targetEscrowed',
      `${what}: ${describeSource(target)} has records in the escrow (${name}), so it is or was a source`,
    );
  }
}

function notExpendable(code: string, reason: string): EscrowFault {
  return new EscrowFault(
    code,
    reason,
    'Keys that matter may live there, and what is restored here is deleted and purged again: take a vault or Managed HSM that is for nothing else.',
  );
}
