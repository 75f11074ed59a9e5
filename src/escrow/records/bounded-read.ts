import PQueue from 'p-queue';
import type { ListedBlob } from '../ports/escrow-store.ts';

const largeBytes = 4 * 1024 ** 2;

/**
 * Keeps work on large blobs one by one, whatever goes on at once: parsed, they take many times their size, and whoever may
 * write them can make them as large as they are read.
 */
export function oneLargeAtATime(): <T>(blob: ListedBlob, work: () => Promise<T>) => Promise<T> {
  const large = new PQueue({ concurrency: 1 });
  return (blob, work) => (blob.length < largeBytes ? work() : large.add(work));
}
