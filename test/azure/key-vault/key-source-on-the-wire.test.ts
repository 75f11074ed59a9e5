import { beforeEach, describe, expect, test } from 'vitest';
import { requestRunId } from '../../../src/escrow/model/run-id.ts';
import { viewContainer } from '../../support/container-view.ts';
import { startEscrowApp } from '../../support/escrow-app.ts';
import { linesNamed } from '../../support/escrow-host.ts';
import { noLimit } from '../../support/escrow-sources.ts';
import { answerJson, challenging } from '../../support/foreign-vault.ts';
import { useTestAzure } from '../../support/local-azure.ts';
import { fromNow, minute, now } from '../../support/now.ts';
import { openVault } from '../../support/source-client.ts';
import { startTlsHost } from '../../support/tls-host.ts';

const azure = await useTestAzure({ sources: [{ kind: 'vault', name: 'contoso-prod', keys: ['Signing', 'payroll'] }] });
const container = viewContainer(azure);
const open = async (name: string) => (await openVault({ name }, azure.credential(azure.identities.app))).keys;

beforeEach(() => azure.keyVault.faults.clear());

describe('a service that answers 200 without a backup', () => {
  test.each(['emptyValue', 'missingValue'] as const)('(%s) has backed nothing up', async (kind) => {
    azure.keyVault.faults.add({ operation: 'backupKey', effect: { kind } });
    const keys = await open('contoso-prod');
    await expect(keys.backUpKey('payroll', noLimit)).rejects.toMatchObject({
      name: 'EscrowFault',
      code: 'EmptyBackup',
    });
  });

  test.each(['emptyValue', 'missingValue'] as const)('(%s) leaves a failed key and no record', async (kind) => {
    azure.keyVault.faults.add({ operation: 'backupKey', keyName: 'payroll', effect: { kind } });
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod' }], { speed: 100 });
    const { error, lines } = await app.deliver({ vaultName: 'contoso-prod' });
    expect(error?.message).toMatch(/Cannot back up key "payroll".*answered without a backup/);
    expect(linesNamed(lines, 'escrow.key.failed')).toMatchObject([{ key: 'payroll', code: 'EmptyBackup' }]);
    expect(linesNamed(lines, 'escrow.key.escrowed')).toMatchObject([{ key: 'Signing' }]);
    expect(await container.names('vaults/contoso-prod/payroll/')).toEqual([]);
  });
});

describe('a record that the same request left before', () => {
  const insertedAt = fromNow(-minute);
  const record = (key: string, runId: string) => `vaults/contoso-prod/${key}/${runId}.keybackup`;

  test.each([
    ['in the casing of the service', 'https://contoso-prod.vault.azure.net/keys/Signing'],
    ['in lower case', 'https://contoso-prod.vault.azure.net/keys/signing'],
    ['in another casing', 'https://Contoso-PROD.vault.azure.net/keys/SIGNING'],
  ])('is its own, with the key identifier %s', async (casing, keyid) => {
    const messageId = `${casing.length}f3a9c1e-0000-4000-8000-000000000000`;
    const runid = requestRunId(insertedAt, messageId);
    const sha256 = 'ab'.repeat(32);
    const metadata = { keyid, runid, backedupat: now().toISOString(), sha256 };
    await container.put(record('signing', runid), 'the backup', metadata);
    const app = await startEscrowApp(azure, [{ vaultName: 'contoso-prod' }], { speed: 100 });
    const { error, lines } = await app.deliver(
      { vaultName: 'contoso-prod', name: 'signing' },
      { messageId, insertedAt },
    );
    expect(error).toBeUndefined();
    expect(linesNamed(lines, 'escrow.key.escrowed')).toMatchObject([{ key: 'Signing', already: true }]);
  });
});

describe('a vault that goes on over plain http', () => {
  test('is refused before anything is sent, so no token goes there', async () => {
    const host = 'contoso-plain.vault.azure.net';
    const page = {
      value: [{ kid: `https://${host}/keys/first` }],
      nextLink: `http://${host}/keys?api-version=7.6&$skiptoken=x`,
    };
    const answer = challenging((_, response) => answerJson(response, 200, page));
    await using vault = await startTlsHost(azure, [host], answer);
    const keys = await open('contoso-plain');
    const listed: string[] = [];
    const listing = Array.fromAsync(keys.listKeys(noLimit), ({ name }) => listed.push(name));
    await expect(listing).rejects.toMatchObject({ name: 'ServiceError', code: 'ForeignHost', host });
    expect(listed).toEqual(['first']);
    expect(vault.asked).toHaveLength(2);
    // A request in plain HTTP would have asked the proxy by name.
    expect(azure.proxy.refusedHosts).toEqual([]);
  });
});
