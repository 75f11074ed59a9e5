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

/** Twenty pages. Whoever adds more to one folder must not stop an audit; what is left out is reported. */
const maxListed = 100_000;

/** Goes through a listing as far as that. @returns whether it came to its end. */
export async function eachListed<T>(items: AsyncIterable<T>, each: (item: T) => void): Promise<boolean> {
  let listed = 0;
  for await (const item of items) {
    if (++listed > maxListed) return false;
    each(item);
  }
  return true;
}

/** Works through a list with so many workers. Holds no promise per item: 50,000 of those take more memory than the work. */
export async function inParallel<T>(
  items: readonly T[],
  workers: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(workers, items.length) }, worker));
}
