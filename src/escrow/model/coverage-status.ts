/**
 * Where a key stands. `fresh`: its newest record is within the maximal age; `stale`: it is older. `never`: a run has passed, or the
 * maximal age, without a record; `pending`: neither has yet. `gone`: it requires a backup and is no longer there. `notLookedAt`: its
 * records could not all be looked at. The others need no backup, and why. A change since the newest record is a finding by itself.
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
