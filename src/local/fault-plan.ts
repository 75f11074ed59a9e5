/** A fault that waits for its requests: which they are, how many pass first, how often it applies (for ever if absent). */
export interface PlannedFault<Matcher, Effect> {
  readonly when?: Matcher;
  readonly skip?: number;
  readonly times?: number;
  readonly effect: Effect;
}

export interface Latency {
  readonly kind: 'latency';
  readonly ms: number;
}

export interface FaultPlan<Matcher, Effect> {
  /** @returns a function that takes the fault away again. */
  add(fault: PlannedFault<Matcher, Effect | Latency>): () => void;
  clear(): void;
}

/**
 * Faults in the order they were added. Latencies add up; of the other effects the first that matches wins, and the
 * later ones keep their counts.
 */
export function createFaultPlan<Matcher, Effect extends { readonly kind: string }, Subject>(
  matches: (matcher: Matcher, subject: Subject) => boolean,
): FaultPlan<Matcher, Effect> & { choose(subject: Subject): { delayMs: number; effect: Effect | undefined } } {
  const planned = new Set<{ fault: PlannedFault<Matcher, Effect | Latency>; skipped: number; applied: number }>();
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
        if (fault.when !== undefined && !matches(fault.when, subject)) continue;
        if (isLatency(fault.effect) ? false : effect !== undefined) continue;
        if (entry.applied >= (fault.times ?? Number.POSITIVE_INFINITY)) continue;
        if (entry.skipped < (fault.skip ?? 0)) {
          entry.skipped += 1;
          continue;
        }
        entry.applied += 1;
        if (isLatency(fault.effect)) delayMs += fault.effect.ms;
        else effect = fault.effect;
      }
      return { delayMs, effect };
    },
  };
}

function isLatency(effect: { readonly kind: string }): effect is Latency {
  return effect.kind === 'latency';
}
