import { expect, test } from 'vitest';
import { auditOf, gapsIn, startAuditApp } from '../support/audit-app.ts';
import { viewContainer } from '../support/container-view.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { startTlsHost } from '../support/tls-host.ts';

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod' }] });
azure.vault('contoso-prod').addKey({ name: 'signing' });
const container = viewContainer(azure);

test('keys with odd dates neither stop the audit of all sources nor make it unreadable to the next one', async () => {
  const host = 'contoso-odd.vault.azure.net';
  const dates = { distant: 400_000_000_000, invalid: 1e15, negative: -5, text: 'soon', zero: 0 };
  await using _vault = await startTlsHost(azure, [host], ({ headers, url = '' }, response) => {
    const answer = (status: number, more: Record<string, string>, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body));
    if (headers.authorization === undefined) {
      const challenge = 'Bearer authorization="https://login.windows.net/t", resource="https://vault.azure.net"';
      return answer(401, { 'www-authenticate': challenge }, {});
    }
    const [, , name, last] = new URL(url, `https://${host}`).pathname.split('/');
    const value = Object.entries(dates).flatMap(([key, told]) =>
      name && key !== name
        ? []
        : [
            {
              kid: `https://${host}/keys/${key}${last === 'versions' ? '/0123456789abcdef' : ''}`,
              attributes: { enabled: true, created: told, updated: told },
            },
          ],
    );
    const isOne = name && last !== 'versions';
    return answer(200, {}, isOne ? { ...value[0], key: { kid: `${value[0]?.kid}/${last}`, kty: 'oct' } } : { value });
  });
  const sources = [{ vaultName: 'contoso-prod' }, { vaultName: 'contoso-odd' }];
  const expected = ['runMissing vaults/contoso-prod', 'runMissing vaults/contoso-odd'];
  const chain: (string | undefined)[] = [];
  for (const hoursAhead of [2, 3]) {
    const { lines } = await (await startAuditApp(azure, sources, { hoursAhead })).audit();
    expect(gapsIn(lines)).toEqual(expected);
    const audit = await auditOf(container, lines);
    const odd = audit.keys.filter(({ source }) => source === 'vaults/contoso-odd');
    const isPending = (key: string) => ({ key, status: 'pending', versions: { known: [{}] } });
    expect(odd).toMatchObject(['distant', 'invalid', 'negative', 'text', 'zero'].map(isPending));
    for (const key of odd) expect(key).not.toHaveProperty('updatedAt');
    chain.push(audit.previous?.name, `audits/${audit.auditId}.json`);
  }
  const [none, first, previous] = chain;
  expect([none, previous]).toEqual([undefined, first]);
});
