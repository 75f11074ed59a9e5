import type { Finding } from '../model/finding.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';
import { canaryName } from '../records/blob-names.ts';
import { canaryAltered } from './canary-findings.ts';

/** The canary as an audit saw it. Every night the identity that backs up tries to overwrite and to delete it. */
export interface SeenCanary {
  readonly canary: string;
  /** ISO instant, the storage service's own. */
  readonly createdAt: string;
  /** Another one after every change. */
  readonly etag: string;
}

/**
 * Looks whether the canary is what the audit before saw.
 * @param previous what that was; undefined when it saw none.
 */
export async function checkCanary(
  container: EscrowStore,
  previous: SeenCanary | undefined,
  outOfTime: AbortSignal,
): Promise<{ readonly seen?: SeenCanary; readonly findings: readonly Finding[] }> {
  const blob = await container.look(canaryName, outOfTime);
  if (blob === undefined)
    return { findings: previous === undefined ? [] : [canaryAltered('removed', previous.createdAt)] };
  const seen = { canary: canaryName, createdAt: blob.createdAt.toISOString(), etag: blob.etag };
  const isSame = previous === undefined || (previous.createdAt === seen.createdAt && previous.etag === seen.etag);
  return { seen, findings: isSame ? [] : [canaryAltered('replaced', previous.createdAt)] };
}
