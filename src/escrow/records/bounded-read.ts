import { ServiceError } from '../model/service-error.ts';
import type { EscrowStore } from '../ports/escrow-store.ts';

/** Reports, receipts and requests: a report has about 250 bytes a key. */
export const maxEvidenceBytes = 64 * 1024 ** 2;
/** Audits and their pages: an audit has about 500 bytes a key, and has to fit into one string. */
export const maxAuditBytes = 256 * 1024 ** 2;

/**
 * Reads what the app may have written. A blob larger than any of its kind is read as empty: nothing in it can be believed,
 * its digest is another than the one beside it, and it must not fill the memory of whoever reads it.
 */
export async function readBounded(
  store: EscrowStore,
  name: string,
  maxBytes: number,
  deadline: AbortSignal,
): Promise<Uint8Array> {
  try {
    return await store.read(name, deadline, maxBytes);
  } catch (error) {
    if (error instanceof ServiceError && error.kind === 'tooLarge') return new Uint8Array();
    throw error;
  }
}
