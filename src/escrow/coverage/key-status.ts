import type { CoverageStatus } from '../model/coverage-status.ts';
import type { SkipReason } from '../model/selection.ts';

/** What the status of a key follows from. */
export interface KeyFacts {
  readonly skip: SkipReason | undefined;
  /** Whether the source shows it; true also where the source could not be asked. */
  readonly isThere: boolean;
  /** Whether its records were looked at as far as need be. */
  readonly isLookedAt: boolean;
  /** The time that its newest record stands for. */
  readonly recordAt: Date | undefined;
  /** When it changed after that record was made. */
  readonly changedAt: Date | undefined;
  /** When it was first seen as one that requires a backup, and whether an earlier audit saw it. */
  readonly firstSeenAt: Date;
  readonly wasSeen: boolean;
  /** An audit has called it `never` already. */
  readonly wasNever: boolean;
  /** When the newest run over its whole source began; undefined: none in the period looked at. */
  readonly lastRunAt: Date | undefined;
  /** Now, less the maximal age. */
  readonly freshSince: Date;
}

export function judgeKey(facts: KeyFacts): CoverageStatus {
  const { skip, isThere, recordAt, changedAt, firstSeenAt, lastRunAt, freshSince } = facts;
  if (skip !== undefined) return skip;
  if (!isThere) return 'gone';
  if (!facts.isLookedAt) return 'notLookedAt';
  if (recordAt !== undefined) {
    const isFresh = recordAt >= freshSince && (changedAt === undefined || changedAt >= freshSince);
    return isFresh ? 'fresh' : 'stale';
  }
  // A report may be false: it can only make a key look worse.
  const hasRunSince = lastRunAt !== undefined && lastRunAt > firstSeenAt;
  const isOverdue = facts.wasSeen && firstSeenAt < freshSince;
  return hasRunSince || isOverdue || facts.wasNever ? 'never' : 'pending';
}
