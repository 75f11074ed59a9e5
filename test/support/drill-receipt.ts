import type { DrilledKey, DrillReceipt } from '../../src/escrow/records/drill-receipt.ts';

/** A receipt with every member, as a drill writes it; what a test is about stands over it. */
export function drillReceipt(
  keys: readonly (Pick<DrilledKey, 'source' | 'key' | 'outcome'> & Partial<DrilledKey>)[],
  more: Partial<DrillReceipt> = {},
): DrillReceipt {
  return {
    format: 'keyvault-escrow/drill/1',
    startedAt: '2020-01-01T00:00:00.000Z',
    finishedAt: '2020-01-01T00:00:09.000Z',
    target: 'vaults/contoso-drill',
    status: 'ok',
    keys: keys.map((key) => ({ blobName: 'b', sha256: 'ab', versions: [], ...key })),
    ...more,
  };
}
