import PQueue from 'p-queue';
import { ServiceError } from '../model/service-error.ts';
import type { EscrowStore, ListedBlob } from '../ports/escrow-store.ts';

/** Reports, receipts and requests: a report has about 250 bytes a key. */
export const maxEvidenceBytes = 64 * 1024 ** 2;

const largeBytes = 4 * 1024 ** 2;

/**
 * Keeps work on large blobs one by one, whatever goes on at once: parsed, they take many times their size, and whoever may
 * write them can make them as large as they are read.
 */
export function oneLargeAtATime(): <T>(blob: ListedBlob, work: () => Promise<T>) => Promise<T> {
  const large = new PQueue({ concurrency: 1 });
  return (blob, work) => (blob.length < largeBytes ? work() : large.add(work));
}

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
