/** A fault that waits for its requests: which they are is said by `Matcher`, whose members are all optional. */
export type Fault<Matcher, Effect> = Matcher & {
  /** Matching requests that pass before the fault applies. */
  readonly skip?: number;
  /** How often it applies; without end when absent. */
  readonly times?: number;
  /** 0 to 1; 1 when absent. */
  readonly probability?: number;
  readonly effect: Effect | Latency;
};

export interface Latency {
  readonly kind: 'latency';
  readonly ms: number;
  readonly jitterMs?: number;
}

export interface FaultPlan<Matcher, Effect> {
  /** @returns a function that takes the fault away again. */
  add(fault: Fault<Matcher, Effect>): () => void;
  clear(): void;
}

/**
 * Faults in the order they were added. Latencies add up; of the other effects the first that matches wins, and the
 * later ones keep their counts.
 * @param random numbers in [0, 1), for probabilities and jitter.
 */
export function createFaultPlan<Matcher, Effect extends { readonly kind: string }, Subject>(
  matches: (matcher: Matcher, subject: Subject) => boolean,
  random: () => number = Math.random,
): FaultPlan<Matcher, Effect> & { choose(subject: Subject): { delayMs: number; effect: Effect | undefined } } {
  const planned = new Set<{ fault: Fault<Matcher, Effect>; skipped: number; applied: number }>();
  return {
    add(fault) {
      const entry = { fault, skipped: 0, applied: 0 };
      planned.add(entry);
      return () => {
        planned.delete(entry);
      };
    },
    clear: () => planned.clear(),
    choose(subject) {
      let delayMs = 0;
      let effect: Effect | undefined;
      for (const entry of planned) {
        const { fault } = entry;
        if (!matches(fault, subject)) continue;
        if (!isLatency(fault.effect) && effect !== undefined) continue;
        if (entry.applied >= (fault.times ?? Number.POSITIVE_INFINITY)) continue;
        if (entry.skipped < (fault.skip ?? 0)) {
          entry.skipped += 1;
          continue;
        }
        if (fault.probability !== undefined && random() >= fault.probability) continue;
        entry.applied += 1;
        if (isLatency(fault.effect)) delayMs += fault.effect.ms + random() * (fault.effect.jitterMs ?? 0);
        else effect = fault.effect;
      }
      return { delayMs, effect };
    },
  };
}

function isLatency(effect: { readonly kind: string }): effect is Latency {
  return effect.kind === 'latency';
}
