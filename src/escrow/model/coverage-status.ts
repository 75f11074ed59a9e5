/**
 * Where a key stands. `fresh`: its newest record is within the maximal age, and a change since is too. `stale`: the record, or the
 * change since, is older. `never`: a run has passed, or the maximal age, without a record; `pending`: neither has yet. `gone`: it
 * requires a backup and is no longer there. `notLookedAt`: its records could not all be looked at. The others need no backup, and why.
 */
export type CoverageStatus = (typeof coverageStatuses)[number];

export const coverageStatuses = [
  'fresh',
  'stale',
  'never',
  'pending',
  'gone',
  'notLookedAt',
  'certificateBacked',
  'excluded',
  'retired',
] as const;

export function requiresBackup(status: CoverageStatus): boolean {
  return status !== 'excluded' && status !== 'retired' && status !== 'certificateBacked';
}
