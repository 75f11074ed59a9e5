import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import sample from '../../local.settings.sample.json' with { type: 'json' };
import { readSettings, settingNames } from '../../src/app/settings.ts';
import { minimalSettings } from '../support/minimal-settings.ts';
import { faultsOf } from '../support/settings-faults.ts';

describe('the resource id of the storage account', () => {
  const idOf = (account: string) =>
    `/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-escrow/providers/Microsoft.Storage/storageAccounts/${account}`;

  test('is that of the account which holds the escrow', () => {
    const settings = readSettings({ ...minimalSettings, ESCROW_ACCOUNT_ID: idOf('escrowlocal') });
    expect(settings.accountId).toBe(idOf('escrowlocal'));
    expect(readSettings(minimalSettings).accountId).toBeUndefined();
  });

  test.each([
    ['another account’s', idOf('elsewhere')],
    ['a vault’s', idOf('escrowlocal').replace('Storage/storageAccounts', 'KeyVault/vaults')],
    ['a path that leads elsewhere', `${idOf('escrowlocal')}/../../x`],
  ])('is refused when it is %s', (_, id) => {
    expect(faultsOf({ ...minimalSettings, ESCROW_ACCOUNT_ID: id })).toEqual([
      expect.stringMatching(/^ESCROW_ACCOUNT_ID is .*Set it to the resource id of the container's own storage account/),
    ]);
  });
});

describe('no secret is echoed', () => {
  const secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA';
  const connectionString = `DefaultEndpointsProtocol=https;AccountName=escrowlocal;AccountKey=${secret}==;EndpointSuffix=core.windows.net`;
  const signedUrl = `https://escrowlocal.blob.core.windows.net/key-escrow?sv=2026-01-01&sig=${secret}`;
  const userUrl = `https://user:${secret}@escrowlocal.blob.core.windows.net/key-escrow`;

  test.each(settingNames.filter((name) => !['ESCROW_QUEUE__credential', 'ESCROW_QUEUE__clientId'].includes(name)))(
    'when one was put into %s',
    (name) => {
      for (const value of [
        connectionString,
        signedUrl,
        userUrl,
        `http://x/?sig=${secret}`,
        `["${secret}"`,
        `{${secret}}`,
        secret,
      ]) {
        try {
          readSettings({ ...minimalSettings, [name]: value });
        } catch (error) {
          expect((error as Error).message).toContain(name);
          // No run of the secret that would help anybody.
          for (let at = 0; at + 12 <= secret.length; at++) {
            expect((error as Error).message).not.toContain(secret.slice(at, at + 12));
          }
        }
      }
    },
  );

  test.each([
    ['contoso-prod', 1, 1],
    ['undefined', 1, 1],
    ['[{"vaultName":"contoso-prod"},]', 1, 31],
    ['[{"vaultName":"contoso-prod"}', 1, 30],
    ['[{"vaultName":"contoso-prod"} {"vaultName":"contoso-web"}]', 1, 31],
    ['[{"vaultName":"contoso-prod"}] [', 1, 32],
    ['[\n  {"vaultName": "contoso-prod",\n   keys: ["*"]}\n]', 3, 4],
    ['[{"vaultName":"contoso-prod}]', 1, 30],
    ["[{'vaultName':'contoso-prod'}]", 1, 3],
    ['[{"vaultName":"contoso\\prod"}]', 1, 24],
    ['[nul]', 1, 5],
    ['[,{"vaultName":"contoso-prod"}]', 1, 2],
  ])('when ESCROW_SOURCES is not valid JSON: of %j only the place is reported', (text, line, column) => {
    expect(faultsOf({ ...minimalSettings, ESCROW_SOURCES: text })).toEqual([
      `ESCROW_SOURCES is not valid JSON: look at line ${line}, column ${column}. Write a JSON array of sources.`,
    ]);
  });

  test('and a URL that carries one is refused with the reason', () => {
    for (const value of [signedUrl, userUrl]) {
      expect(faultsOf({ ...minimalSettings, ESCROW_CONTAINER_URL: value })).toEqual([
        expect.stringMatching(/access is by identity/),
      ]);
    }
  });
});

describe('the names of the settings agree', () => {
  test('with local.settings.sample.json, which can be used as it is', () => {
    const { FUNCTIONS_WORKER_RUNTIME, ...values } = sample.Values;
    expect(FUNCTIONS_WORKER_RUNTIME).toBe('node');
    expect(settingNames).toEqual(expect.arrayContaining(Object.keys(values)));
    expect(Object.keys(values)).toEqual(expect.arrayContaining(Object.keys(minimalSettings)));
    expect(() => readSettings(values)).not.toThrow();
  });

  test('with the document of the settings', () => {
    const document = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
    const [, lists = ''] = /^Required:$(.*)^A source is/ms.exec(document) ?? [];
    const named = new Set(Array.from(lists.matchAll(/`((?:ESCROW|AZURE)_\w+)`/g), ([, name]) => name));
    expect([...named].sort()).toEqual(settingNames.toSorted());
  });
});
