import { setTimeout as delay } from 'node:timers/promises';

/** Time and chance, as an argument wherever they matter. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts (it never rejects). */
  sleep(ms: number, until: AbortSignal): Promise<void>;
  /** 0 ≤ x < 1. */
  random(): number;
}

// A longer timer fires at once; a Retry-After may say anything.
const maxTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, until) => delay(Math.min(ms, maxTimerMs), undefined, { signal: until }).catch(() => undefined),
};
