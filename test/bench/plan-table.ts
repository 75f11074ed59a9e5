import { type Estate, nightOfEstate } from './estate-plan.ts';
import { markdownTable } from './text-table.ts';

const small: Estate['groups'] = [{ kind: 'vault', count: 1, keysEach: 100 }];
const medium = (maxBackupsPerSecond: number): Estate['groups'] => [
  { kind: 'vault', count: 50, keysEach: 100 },
  { kind: 'managedHsm', count: 1, keysEach: 5000, maxBackupsPerSecond },
];
const large: Estate['groups'] = [{ kind: 'vault', count: 500, keysEach: 2000 }];

export const estates: readonly Estate[] = [
  { name: '1 vault, 100 keys', groups: small, apps: 1, instances: 3 },
  { name: '50 vaults of 100, an HSM of 5,000', groups: medium(5), apps: 1, instances: 3 },
  { name: 'the same, HSM at 10/s', groups: medium(10), apps: 1, instances: 3 },
  { name: '500 vaults, 1,000,000 keys', groups: large, apps: 1, instances: 3 },
  { name: 'the same, 20 apps of 25 vaults', groups: large, apps: 20, instances: 5 },
];

const head = ['estate', 'apps × instances', 'time per night', 'what binds', 'cost per night', 'after a year'];

/** The plan as it stands in docs/performance.md. */
export function planTable(): string {
  const rows = estates.map((estate) => {
    const night = nightOfEstate(estate);
    return [
      estate.name,
      `${estate.apps} × ${estate.instances}`,
      duration(night.seconds),
      night.binds,
      `$${night.costPerNight.toFixed(night.costPerNight < 1 ? 3 : 2)}`,
      `${night.storedGb.toLocaleString('en', { maximumSignificantDigits: 2 })} GB, $${night.storageCostPerMonth.toFixed(2)}/month`,
    ];
  });
  return markdownTable(head, rows);
}

function duration(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
