import * as z from 'zod/mini';
import { type Failure, failureSchema, withThrown } from './failure.ts';
import { skipReasons } from './selection.ts';

const text = z.string();

/** An outcome as it is written into a run report. */
export const reportedOutcomeSchema = z.discriminatedUnion('outcome', [
  z.object({
    key: text,
    blobName: text,
    sha256: text,
    bytes: z.int().check(z.nonnegative()),
    /** Its envelope is none that we know: a new form of the service's, or cut short. It is kept as it came. */
    unknownFormat: z.exactOptional(z.literal(true)),
    /** A first pass of the run met a record under its own name: somebody else put it there. */
    unexpectedRecord: z.exactOptional(z.literal(true)),
    outcome: z.enum(['escrowed', 'alreadyEscrowed']),
  }),
  z.object({ key: text, outcome: z.literal('skipped'), reason: z.enum(skipReasons), message: text }),
  z.object({ key: text, outcome: z.literal('failed'), ...failureSchema.shape }),
]);

/** What became of one considered key. Exactly one of these for each. */
export type Outcome =
  | Readonly<z.infer<typeof reportedOutcomeSchema>>
  | { readonly key: string; readonly outcome: 'wouldEscrow'; readonly blobName: string };

/** The key has a record of this run. */
export type RecordOutcome = Extract<Outcome, { readonly outcome: 'escrowed' | 'alreadyEscrowed' }>;

export function failedOutcome(key: string, failure: Failure): Failure & { key: string; outcome: 'failed' } {
  return withThrown({ key, outcome: 'failed', ...failure }, failure.cause);
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
