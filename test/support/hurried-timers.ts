import { vi } from 'vitest';

/**
 * Lets whatever waits by `setTimeout` meanwhile wait a hundredth of it: back-offs of a library, which no clock of ours reaches.
 * Time-outs of connections and signals stay real.
 */
export async function withHurriedTimers<T>(work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const pump = setInterval(() => vi.advanceTimersByTime(100), 1);
  try {
    return await work();
  } finally {
    clearInterval(pump);
    vi.useRealTimers();
  }
}
