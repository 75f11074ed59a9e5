import { expect, test } from 'vitest';
import { auditOnce } from '../support/audit-app.ts';
import { useOddVault } from '../support/foreign-vault.ts';
import { useTestAzure } from '../support/local-azure.ts';

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod', keys: ['signing'] }] });
const dates = { distant: 400_000_000_000, invalid: 1e15, negative: -5, text: 'soon', zero: 0 };
await useOddVault(azure, 'contoso-odd.vault.azure.net', dates);

test('keys with odd dates neither stop the audit of all sources nor make it unreadable to the next one', async () => {
  const sources = [{ vaultName: 'contoso-prod' }, { vaultName: 'contoso-odd' }];
  const expected = ['runMissing vaults/contoso-prod', 'runMissing vaults/contoso-odd'];
  const chain: (string | undefined)[] = [];
  for (const hoursAhead of [2, 3]) {
    const { gaps, kept } = await auditOnce(azure, sources, hoursAhead);
    expect(gaps).toEqual(expected);
    const audit = await kept();
    const odd = audit.keys.filter(({ source }) => source === 'vaults/contoso-odd');
    const isPending = (key: string) => ({ key, status: 'pending', versions: { known: [{}] } });
    expect(odd).toMatchObject(Object.keys(dates).map(isPending));
    for (const key of odd) expect(key).not.toHaveProperty('updatedAt');
    chain.push(audit.previous?.name, `audits/${audit.auditId}.json`);
  }
  const [none, first, previous] = chain;
  expect([none, previous]).toEqual([undefined, first]);
});
