/** A token bucket, refilled continuously, one second deep. */
export interface RateLimiter {
  /** Takes one call's token; false when there is none. */
  take(): boolean;
}

/** @param limit calls per second; undefined lets everything through. */
export function createRateLimiter(now: () => number, limit: number | undefined): RateLimiter {
  if (limit === undefined) return { take: () => true };
  const depth = Math.max(1, limit);
  let tokens = depth;
  let refilledAt = now();
  return {
    take() {
      const at = now();
      tokens = Math.min(depth, tokens + ((at - refilledAt) / 1000) * limit);
      refilledAt = at;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
