import type { Failure } from './failure.ts';
import type { SkipReason } from './selection.ts';

/** The key has a record of this run. */
export interface RecordOutcome {
  readonly key: string;
  readonly outcome: 'escrowed' | 'alreadyEscrowed';
  readonly blobName: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Its envelope is none that we know: a new form of the service's, or cut short. It is kept as it came. */
  readonly unknownFormat?: true;
  /** A first pass of the run met a record under its own name: somebody else put it there. */
  readonly unexpectedRecord?: true;
}

/** What became of one considered key. Exactly one of these for each. */
export type Outcome =
  | RecordOutcome
  | { readonly key: string; readonly outcome: 'skipped'; readonly reason: SkipReason; readonly message: string }
  | ({ readonly key: string; readonly outcome: 'failed' } & Failure)
  | { readonly key: string; readonly outcome: 'wouldEscrow'; readonly blobName: string };

/** What failed for a key; what was thrown stays with it, unseen. */
export function failedOutcome(key: string, failure: Failure): Outcome & { readonly outcome: 'failed' } {
  return Object.defineProperty({ key, outcome: 'failed' as const, ...failure }, 'cause', {
    value: failure.cause,
    enumerable: false,
  });
}

export type OutcomeCounts = Readonly<Record<'considered' | Outcome['outcome'], number>>;

/** `considered` is the sum of the others, always: it counts the same list once more, not a counter kept beside it. */
export function countOutcomes(outcomes: readonly Outcome[]): OutcomeCounts {
  const counts = {
    considered: outcomes.length,
    escrowed: 0,
    alreadyEscrowed: 0,
    skipped: 0,
    failed: 0,
    wouldEscrow: 0,
  };
  for (const { outcome } of outcomes) counts[outcome]++;
  return counts;
}
