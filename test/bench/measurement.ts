import type { Figures } from './figures.ts';
import type { Chart } from './svg.ts';

/** How much is measured. Quick runs take the same measurements, smaller and once or twice. */
export interface Effort {
  readonly quick: boolean;
  readonly rounds: number;
}

export interface Measurement {
  readonly figures: Figures;
  readonly charts: readonly Chart[];
}

/** What every measurement of a running process needs. */
export interface Bench {
  readonly effort: Effort;
  /** The bundled worker. */
  readonly worker: string;
}

/** Run times an hour apart, so that no round meets the records of another. */
export function runTimes(): () => string {
  let hour = 0;
  return () => new Date(Date.UTC(2026, 0, 1, hour++)).toISOString();
}
