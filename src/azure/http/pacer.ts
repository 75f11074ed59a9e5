import { OutOfTime } from '../../escrow/model/service-error.ts';
import type { Clock } from './clock.ts';
import { unlessAborted } from './unless-aborted.ts';

/** The right to make one attempt; handed back with what became of it. */
export interface Turn {
  readonly startedAt: number;
}

// Timers fire late; a turn may be this early to make up for it, so that the pace is kept on average without a burst.
const catchUpMs = 50;
// Microsoft's advice for 429 without Retry-After: 1, 2, 4, 8, 16 s.
const maxHoldMs = 16_000;
// Recovery: a twentieth of the ceiling after every two seconds' worth of successes. Slow on purpose: each probe above what
// the service allows costs the calls that are under way when it says so.
const recoveryShare = 1 / 20;
const recoverySeconds = 2;
const slowestShare = 1 / 32;

export type Pacer = ReturnType<typeof createPacer>;

/** One pace for everything that this process does on a source. Every attempt passes it, retries too. */
export function createPacer(maxPerSecond: number, clock: Clock) {
  let perSecond = maxPerSecond;
  let nextTurnAt = 0;
  let heldUntil = 0;
  let lastThrottleAt = Number.NEGATIVE_INFINITY;
  let consecutive = 0;
  let successes = 0;
  let count = 0;
  let queue: Promise<unknown> = Promise.resolve();

  const wait = async (deadline: AbortSignal): Promise<Turn> => {
    for (;;) {
      if (deadline.aborted) throw new OutOfTime();
      const now = clock.now();
      const waitMs = Math.max(nextTurnAt, heldUntil) - now;
      if (waitMs < 1) {
        nextTurnAt = Math.max(nextTurnAt, now - catchUpMs) + 1000 / perSecond;
        return { startedAt: now };
      }
      await clock.sleep(waitMs, deadline);
    }
  };

  return {
    /** Waits for a turn, first come first served. @throws OutOfTime when `deadline` aborts first. */
    turn(deadline: AbortSignal): Promise<Turn> {
      const turn = queue.then(() => wait(deadline));
      queue = turn.catch(() => undefined);
      // Whoever waits behind a caller with more time left must not wait for as long as that one may.
      return unlessAborted(turn, deadline, () => new OutOfTime());
    },
    /** The service answered 429: the source's pace halves, and the whole source holds. */
    throttled(turn: Turn, retryAfterMs: number | undefined): void {
      count++;
      const now = clock.now();
      if (turn.startedAt > lastThrottleAt) {
        // One step per episode: calls that were under way together are refused together.
        lastThrottleAt = now;
        perSecond = Math.max(perSecond / 2, maxPerSecond * slowestShare);
        successes = 0;
        const advised = Math.min(1000 * 2 ** consecutive, maxHoldMs) * (1 + clock.random() / 4);
        consecutive++;
        heldUntil = Math.max(heldUntil, now + (retryAfterMs ?? advised));
      } else if (retryAfterMs !== undefined) {
        heldUntil = Math.max(heldUntil, now + retryAfterMs);
      }
    },
    succeeded(turn: Turn): void {
      if (turn.startedAt <= lastThrottleAt) return;
      consecutive = 0;
      if (perSecond >= maxPerSecond) return;
      successes++;
      if (successes < perSecond * recoverySeconds) return;
      successes = 0;
      perSecond = Math.min(perSecond + maxPerSecond * recoveryShare, maxPerSecond);
    },
    /** How many 429 answers there have been, ever. */
    throttleCount: (): number => count,
    perSecond: (): number => perSecond,
  };
}
