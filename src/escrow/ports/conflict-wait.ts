import type { ServiceError } from '../model/service-error.ts';
import type { SourceId } from '../model/source.ts';

/** What is refused while another operation on the same key goes on. */
export type ChangingOperation = 'backUp' | 'delete' | 'purge' | 'recover' | 'restore';

/** A wait for another operation on a key to end, reported before it begins. */
export interface ConflictWait {
  readonly source: SourceId;
  readonly operation: ChangingOperation;
  readonly keyName: string;
  readonly ms: number;
  readonly refusal: ServiceError;
}

/** The waits before one attempt after another, in milliseconds: about five minutes together. No service promises an end. */
export const conflictWaitsMs: readonly number[] = [
  1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000,
];
