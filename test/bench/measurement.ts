import { fromNow, hour } from '../support/now.ts';
import type { Figures } from './figures.ts';
import type { Chart } from './svg.ts';

/** How much is measured. Quick runs take the same measurements, smaller and once or twice. */
interface Effort {
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
  const first = fromNow(-10_000 * hour).getTime();
  let count = 0;
  return () => new Date(first + count++ * hour).toISOString();
}
