import type { SkipReason } from '../model/selection.ts';
import type { NewestRecord } from './newest-records.ts';

/**
 * Where a key stands. `fresh`, `stale`: its newest record is within, or beyond, the maximal age. `never`: a run has passed
 * since the key was first seen, without a record. `pending`: none has yet. `gone`: it should be escrowed and is no longer
 * there. The others are not escrowed, and why.
 */
export type CoverageStatus = 'fresh' | 'stale' | 'never' | 'pending' | 'gone' | SkipReason;

export const coverageStatuses: readonly CoverageStatus[] = [
  'fresh',
  'stale',
  'never',
  'pending',
  'gone',
  'certificateBacked',
  'excluded',
  'retired',
];

/** Whether the escrow owes a backup of a key with this status. */
export function isOwed(status: CoverageStatus): boolean {
  return status !== 'excluded' && status !== 'retired' && status !== 'certificateBacked';
}

export interface KeyFacts {
  readonly skip: SkipReason | undefined;
  /** Whether the source shows it; true also where the source could not be asked. */
  readonly isThere: boolean;
  readonly record: NewestRecord | undefined;
  /** When the key was first seen as one to escrow. */
  readonly firstSeenAt: Date;
  /** When the newest run over its whole source began; undefined: none in the period looked at. */
  readonly lastRunAt: Date | undefined;
  /** An audit has said `never` already. */
  readonly wasNever: boolean;
  readonly freshSince: Date;
}

export function judgeKey({
  skip,
  isThere,
  record,
  firstSeenAt,
  lastRunAt,
  wasNever,
  freshSince,
}: KeyFacts): CoverageStatus {
  if (skip !== undefined) return skip;
  if (!isThere) return 'gone';
  if (record !== undefined) return record.createdAt >= freshSince ? 'fresh' : 'stale';
  const hasRunSince = lastRunAt !== undefined && lastRunAt > firstSeenAt;
  return hasRunSince || wasNever ? 'never' : 'pending';
}
