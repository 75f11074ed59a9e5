/** A token bucket, refilled continuously, one second deep. */
export interface RateLimiter {
  /** Calls per second; undefined lets everything through. */
  setLimit(callsPerSecond: number | undefined): void;
  /** Takes one call's token; false when there is none. */
  take(): boolean;
}

export function createRateLimiter(now: () => number, callsPerSecond: number | undefined): RateLimiter {
  let limit = callsPerSecond;
  let tokens = Math.max(1, limit ?? 1);
  let refilledAt = now();
  return {
    setLimit(next) {
      limit = next;
      tokens = Math.max(1, next ?? 1);
      refilledAt = now();
    },
    take() {
      if (limit === undefined) return true;
      const at = now();
      tokens = Math.min(Math.max(1, limit), tokens + ((at - refilledAt) / 1000) * limit);
      refilledAt = at;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
