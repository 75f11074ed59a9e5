import type { Failure } from '../model/failure.ts';
import { reasonOf } from '../model/remedy.ts';
import type { ServiceError } from '../model/service-error.ts';

type Words = Pick<Failure, 'code' | 'attempt' | 'subject' | 'reason' | 'remedy'>;

/** A failure that a restore or a drill finds by itself. `refusal`: the answer that it was found by. */
export function ownFailure(words: Words, refusal?: ServiceError): Failure {
  if (refusal === undefined) return words;
  const { kind, statusCode, requestId } = refusal;
  return {
    ...words,
    kind,
    reason: `${words.reason} (${reasonOf(refusal)})`,
    ...(statusCode !== undefined && { statusCode }),
    ...(requestId !== undefined && { requestId }),
  };
}
