import type { WitnessedVersions } from '../../src/escrow/records/audit-document.ts';
import { readVersions } from '../../src/escrow/restore/key-versions.ts';
import { noLimit } from './escrow-sources.ts';
import { scriptedOperator } from './scripted-operator.ts';

/** What audits know of "signing": these versions, with the public keys that the scripted vault shows. */
export async function witnessedVersions(...versions: readonly string[]): Promise<WitnessedVersions> {
  const { keys } = scriptedOperator({ there: { signing: { versions, state: 'active' } } });
  const shown = await readVersions(keys, 'signing', noLimit);
  const createdAt = '2026-01-01T00:00:00Z';
  const known = [...shown].map(([version, { thumbprint = '' }]) => ({ version, thumbprint, createdAt }));
  return { listedAt: '2026-11-24T06:00:00Z', known };
}
