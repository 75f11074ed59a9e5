import { describe, expect, test } from 'vitest';
import { readSettings, SettingsFault } from '../../src/app/settings.ts';
import { minimalSettings } from '../support/minimal-settings.ts';
import { faultsOf, withSources } from '../support/settings-faults.ts';

describe('settings that can be used', () => {
  test('need no more than the required ones; the others have the documented defaults', () => {
    expect(readSettings(minimalSettings)).toEqual({
      sources: [
        {
          kind: 'vault',
          name: 'contoso-prod',
          keys: ['*'],
          except: [],
          retired: [],
          maxBackupsPerSecond: 10,
          allowEmpty: false,
          place: {},
        },
      ],
      part: 'all',
      containerUrl: 'https://escrowlocal.blob.core.windows.net/key-escrow',
      auditContainerUrl: 'https://escrowlocal.blob.core.windows.net/key-escrow-audits',
      drillContainerUrl: 'https://escrowlocal.blob.core.windows.net/key-escrow-drills',
      schedule: '0 0 2 * * *',
      auditSchedule: '0 0 6 * * *',
      queueName: 'key-escrow-requests',
      queueServiceUrl: 'https://escrowlocal.queue.core.windows.net',
      fanOut: false,
      maxAgeHours: 26,
      maxDrillAgeDays: undefined,
      owner: undefined,
      suffixes: { vault: 'vault.azure.net', managedHsm: 'managedhsm.azure.net' },
      authorityHost: 'https://login.microsoftonline.com',
      resourceManagerUrl: 'https://management.azure.com',
      functionTimeoutMs: 30 * 60 * 1000,
      maxDequeueCount: 5,
    });
  });

  test('name sources with all that a source can say', () => {
    const { sources } = readSettings(
      withSources(
        {
          vaultName: 'Contoso-Prod',
          keys: ['*', 'signing'],
          except: ['tmp-*'],
          retired: ['old-?'],
          maxBackupsPerSecond: 2.5,
          allowEmpty: true,
          subscriptionId: '00000000-0000-0000-0000-00000000c0de',
          geography: 'europe',
        },
        { hsmName: 'contoso-hsm', securityDomain: 'contoso-2026' },
        { hsmName: 'contoso-prod' },
      ),
    );
    expect(sources).toMatchObject([
      {
        kind: 'vault',
        name: 'contoso-prod',
        keys: ['*', 'signing'],
        except: ['tmp-*'],
        retired: ['old-?'],
        maxBackupsPerSecond: 2.5,
        allowEmpty: true,
        place: { subscriptionId: '00000000-0000-0000-0000-00000000c0de', geography: 'europe' },
      },
      { kind: 'managedHsm', name: 'contoso-hsm', maxBackupsPerSecond: 5, place: { securityDomain: 'contoso-2026' } },
      { kind: 'managedHsm', name: 'contoso-prod' },
    ]);
  });

  test('may be padded with spaces, and an empty one counts as not set', () => {
    const settings = readSettings({
      ...minimalSettings,
      ESCROW_QUEUE_NAME: ' requests ',
      ESCROW_FAN_OUT: ' TRUE ',
      ESCROW_MAX_AGE_HOURS: '',
      AZURE_CLOUD: ' ',
    });
    expect(settings).toMatchObject({ queueName: 'requests', fanOut: true, maxAgeHours: 26 });
    expect(settings.suffixes.vault).toBe('vault.azure.net');
  });

  test('hold a container URL without a bare question mark or number sign', () => {
    for (const ending of ['', '?', '#', '?#']) {
      const url = `${minimalSettings.ESCROW_CONTAINER_URL}${ending}`;
      expect(readSettings({ ...minimalSettings, ESCROW_CONTAINER_URL: url }).containerUrl).toBe(
        minimalSettings.ESCROW_CONTAINER_URL,
      );
    }
  });

  test('choose a cloud, and override what differs in a newer one', () => {
    expect(readSettings({ ...minimalSettings, AZURE_CLOUD: 'azurechinacloud' })).toMatchObject({
      suffixes: { vault: 'vault.azure.cn', managedHsm: 'managedhsm.azure.cn' },
      authorityHost: 'https://login.chinacloudapi.cn',
      resourceManagerUrl: 'https://management.chinacloudapi.cn',
    });
    const overrides = {
      ESCROW_VAULT_DNS_SUFFIX: 'vault.sovereign.example',
      ESCROW_HSM_DNS_SUFFIX: 'managedhsm.sovereign.example',
      AZURE_AUTHORITY_HOST: 'https://login.sovereign.example',
      AZURE_RESOURCE_MANAGER_URL: 'https://management.sovereign.example/',
    };
    expect(readSettings({ ...minimalSettings, AZURE_CLOUD: 'AzureUSGovernment', ...overrides })).toMatchObject({
      suffixes: { vault: 'vault.sovereign.example', managedHsm: 'managedhsm.sovereign.example' },
      authorityHost: 'https://login.sovereign.example',
      resourceManagerUrl: 'https://management.sovereign.example',
    });
  });

  test("take the host's own overrides of host.json", () => {
    const settings = readSettings({
      ...minimalSettings,
      AzureFunctionsJobHost__functionTimeout: '00:05:00',
      AzureFunctionsJobHost__extensions__queues__maxDequeueCount: '2',
    });
    expect(settings).toMatchObject({ functionTimeoutMs: 300_000, maxDequeueCount: 2 });
    const without = { AzureFunctionsJobHost__functionTimeout: '', FUNCTIONS_EXTENSION_VERSION: '~4' };
    expect(readSettings({ ...minimalSettings, ...without })).toMatchObject({ functionTimeoutMs: 1_800_000 });
  });

  test.each([
    ['https://login.sovereign.example/', 'https://login.sovereign.example'],
    ['https://login.sovereign.example//', 'https://login.sovereign.example'],
    ['https://Login.Sovereign.Example?', 'https://login.sovereign.example'],
    // Azure Stack Hub with AD FS.
    ['https://adfs.local.azurestack.external/adfs', 'https://adfs.local.azurestack.external/adfs'],
  ])('name the authority %s', (text, authorityHost) => {
    expect(readSettings({ ...minimalSettings, AZURE_AUTHORITY_HOST: text })).toMatchObject({ authorityHost });
  });
});

describe('settings that cannot be used', () => {
  const blobs = 'https://escrowlocal.blob.core.windows.net';
  const queues = 'https://escrowlocal.queue.core.windows.net';

  test('are all reported at once, each with its name', () => {
    const faults = faultsOf({ ESCROW_FAN_OUT: 'perhaps', AZURE_CLOUD: 'Cumulus', ESCROW_MAX_AGE_HOURS: 'old' });
    for (const name of [...Object.keys(minimalSettings), 'ESCROW_FAN_OUT', 'AZURE_CLOUD', 'ESCROW_MAX_AGE_HOURS']) {
      expect(faults.filter((fault) => fault.startsWith(`${name} is `))).toHaveLength(1);
    }
    expect(faults).toHaveLength(9);
  });

  test.each(Object.keys(minimalSettings))('lack %s', (name) => {
    const missing = [expect.stringMatching(new RegExp(`^${name} is missing\\. Set it to `))];
    expect(faultsOf({ ...minimalSettings, [name]: undefined })).toEqual(missing);
    expect(faultsOf({ ...minimalSettings, [name]: '  ' })).toEqual(missing);
  });

  test.each([
    ['ESCROW_SOURCES', 'contoso-prod', /is not valid JSON.*Write a JSON array/],
    ['ESCROW_SOURCES', '{"vaultName":"contoso-prod"}', /is not a list of sources/],
    ['ESCROW_SOURCES', '[]', /is not a list of sources/],
    ['ESCROW_SOURCES', 'null', /is not a list of sources/],
    ['ESCROW_CONTAINER_URL', 'key-escrow', /is not a valid URL/],
    ['ESCROW_CONTAINER_URL', 'http://escrowlocal.blob.core.windows.net/key-escrow', /is not https/],
    ['ESCROW_CONTAINER_URL', blobs, /unexpected path/],
    ['ESCROW_CONTAINER_URL', `${blobs}/key-escrow/folder`, /unexpected path/],
    ['ESCROW_CONTAINER_URL', `${blobs}:8443/key-escrow`, /names a port/],
    ['ESCROW_QUEUE__queueServiceUri', `${queues}/key-escrow-requests`, /unexpected path/],
    ['ESCROW_QUEUE__queueServiceUri', 'http://escrowlocal.queue.core.windows.net', /is not https/],
    ['ESCROW_PART', 'backups', /one of all, backup, audit/],
    ['ESCROW_AUDIT_CONTAINER_URL', 'http://escrowlocal.blob.core.windows.net/audits', /is not https/],
    ['ESCROW_AUDIT_CONTAINER_URL', `${blobs}/key-escrow`, /the container of the backups/],
    ['ESCROW_DRILL_CONTAINER_URL', blobs, /unexpected path/],
    ['ESCROW_DRILL_CONTAINER_URL', `${blobs}/drills/x`, /unexpected path/],
    ['ESCROW_SCHEDULE', '0 0 2 30 2 *', /is "0 0 2 30 2 \*", which never occurs/],
    ['ESCROW_AUDIT_SCHEDULE', '0 0 6 31 4,6,9,11 *', /which never occurs\. Set it to an NCRONTAB/],
    ['ESCROW_QUEUE_NAME', 'Requests', /lower-case/],
    ['ESCROW_QUEUE_NAME', 'a--b', /single dashes/],
    ['ESCROW_QUEUE_NAME', 'ab', /3 to 56/],
    ['ESCROW_QUEUE_NAME', 'x'.repeat(57), /3 to 56/],
    ['ESCROW_SCHEDULE', '0 2 * * *', /six fields/],
    ['ESCROW_SCHEDULE', '0 0 26 * * *', /six fields/],
    ['ESCROW_AUDIT_SCHEDULE', 'hourly', /six fields/],
    ['ESCROW_FAN_OUT', '1', /true or false/],
    ['ESCROW_MAX_AGE_HOURS', '0', /a number from 1/],
    ['ESCROW_MAX_AGE_HOURS', 'Infinity', /a number from 1/],
    ['ESCROW_MAX_DRILL_AGE_DAYS', '-90', /a number from 1/],
    ['AZURE_CLOUD', 'AzureGermanCloud', /one of AzureCloud, AzureChinaCloud, AzureUSGovernment/],
    ['AZURE_CLOUD', 'constructor', /one of AzureCloud/],
    ['ESCROW_VAULT_DNS_SUFFIX', '.vault.azure.net', /without a leading dot/],
    ['ESCROW_VAULT_DNS_SUFFIX', 'net', /DNS suffix/],
    ['ESCROW_HSM_DNS_SUFFIX', 'evil.example/x', /DNS suffix/],
    ['AZURE_AUTHORITY_HOST', 'http://login.microsoftonline.com', /is not https\. Set it to https:\/\/login/],
    ['AZURE_AUTHORITY_HOST', 'login.microsoftonline.com', /is not a valid URL\. Set it to https:\/\/login/],
    ['AZURE_AUTHORITY_HOST', 'https://login.sovereign.example/?tenant=x', /has a query, a fragment or a user/],
    ['AZURE_AUTHORITY_HOST', 'https://login.sovereign.example/#x', /has a query, a fragment or a user/],
    ['AZURE_AUTHORITY_HOST', 'https://admin@login.sovereign.example', /has a query, a fragment or a user/],
    ['AZURE_AUTHORITY_HOST', 'https://:password@login.sovereign.example', /has a query, a fragment or a user/],
    ['AzureFunctionsJobHost__functionTimeout', '30', /is "30"\. Set it to hh:mm:ss, as 00:30:00, or -1 for no limit/],
    ['AzureFunctionsJobHost__functionTimeout', '00:00:00', /hh:mm:ss/],
    [
      'AzureFunctionsJobHost__functionTimeout',
      '00:04:59',
      /is "00:04:59"\. Set it to .*; not less than 00:05:00, because/,
    ],
    ['AzureFunctionsJobHost__functionTimeout', '24:00:00', /hh:mm:ss/],
    ['AzureFunctionsJobHost__extensions__queues__maxDequeueCount', '0', /a whole number from 1/],
    ['AzureFunctionsJobHost__extensions__queues__maxDequeueCount', 'many', /a whole number from 1/],
  ])('%s is %j', (name, value, remedy) => {
    const faults = faultsOf({ ...minimalSettings, [name]: value });
    expect(faults).toEqual([expect.stringMatching(remedy)]);
    expect(faults[0]).toMatch(new RegExp(`^${name}\\b`));
  });

  const vaultName = 'contoso-prod';
  test.each([
    ['an unknown property', { vaultName, exclude: ['x'] }, /"exclude".*Known: vaultName, hsmName, keys/],
    ['neither a vault nor an HSM', { keys: ['*'] }, /exactly one of "vaultName" and "hsmName"/],
    ['both a vault and an HSM', { vaultName, hsmName: 'contoso-hsm' }, /exactly one of/],
    [
      'a host name for a vault name',
      { vaultName: 'contoso-prod.vault.azure.net' },
      /vaultName.*is not a valid vault name/,
    ],
    ['a hostile vault name', { vaultName: 'evil.example/x' }, /is not a valid vault name/],
    ['an HSM name that cannot be one', { hsmName: 'x' }, /hsmName.*is not a valid Managed HSM name/],
    ['a name that is no text', { vaultName: 7 }, /vaultName/],
    ['no pattern at all', { vaultName, keys: [] }, /keys.*at least one pattern/],
    ['a pattern no key can match', { vaultName, keys: ['sign_*'] }, /keys\.0.*letters, digits, dashes/],
    ['a pattern that is no list', { vaultName, except: 'tmp-*' }, /except/],
    ['no pace', { vaultName, maxBackupsPerSecond: 0 }, /maxBackupsPerSecond/],
    ['too fast a pace', { vaultName, maxBackupsPerSecond: 1001 }, /maxBackupsPerSecond/],
    ['a flag that is text', { vaultName, allowEmpty: 'true' }, /allowEmpty/],
    ['a label that cannot be metadata', { vaultName, geography: 'Zürich' }, /geography.*ASCII/],
    ['a label with a line break', { vaultName, geography: 'a\r\nx-ms-meta-b: c' }, /geography.*ASCII/],
    ['text', 'contoso-prod', /ESCROW_SOURCES\[1\]/],
    ['null', null, /ESCROW_SOURCES\[1\]/],
  ])('a source has %s', (_, source, remedy) => {
    const faults = faultsOf(withSources({ vaultName: 'contoso-web' }, source));
    expect(faults).toEqual([expect.stringMatching(remedy)]);
    expect(faults[0]).toMatch(/^ESCROW_SOURCES\[1\]/);
  });

  test('a source is there twice, whatever the case', () => {
    const faults = faultsOf(withSources({ vaultName: 'contoso-prod' }, { vaultName: 'Contoso-Prod', keys: ['x'] }));
    expect(faults).toEqual([
      expect.stringMatching(/^ESCROW_SOURCES\[1\]: vault "contoso-prod" is there twice\. Merge/),
    ]);
  });

  test('several sources are wrong, and each is reported', () => {
    const faults = faultsOf(
      withSources({ vaultName: '-' }, { vaultName: 'contoso-prod' }, {}, { hsmName: 'b.c', x: 1 }),
    );
    expect(faults.map((fault) => fault.slice(0, 17))).toEqual([0, 2, 3, 3].map((index) => `ESCROW_SOURCES[${index}]`));
  });
});

describe('the settings of one part', () => {
  const { ESCROW_AUDIT_SCHEDULE, ESCROW_QUEUE_NAME, ESCROW_QUEUE__queueServiceUri, ...shared } = minimalSettings;

  test('are only those that it needs', () => {
    const backup = readSettings({ ...shared, ESCROW_PART: 'backup', ESCROW_QUEUE_NAME, ESCROW_QUEUE__queueServiceUri });
    expect(backup).toMatchObject({ part: 'backup', queueName: ESCROW_QUEUE_NAME });
    expect(() => backup.auditSchedule).toThrow(/ESCROW_AUDIT_SCHEDULE is missing.*part audit needs it/);
    const audit = readSettings({ ...shared, ESCROW_PART: 'Audit', ESCROW_AUDIT_SCHEDULE });
    expect(audit).toMatchObject({ part: 'audit', auditSchedule: ESCROW_AUDIT_SCHEDULE });
    expect(() => audit.queueServiceUrl).toThrow(SettingsFault);
    expect(faultsOf({ ...shared, ESCROW_PART: 'audit' })).toEqual([expect.stringMatching(/^ESCROW_AUDIT_SCHEDULE is/)]);
    expect(faultsOf(shared)).toHaveLength(3);
  });

  test('may be there for the other part too, and are checked all the same', () => {
    expect(readSettings({ ...minimalSettings, ESCROW_PART: 'audit' })).toMatchObject({ queueName: ESCROW_QUEUE_NAME });
    expect(faultsOf({ ...minimalSettings, ESCROW_PART: 'audit', ESCROW_QUEUE_NAME: '-' })).toHaveLength(1);
  });
});

describe('the containers of audits and of drills', () => {
  test('lie beside that of the backups, or where the settings say', () => {
    const elsewhere = 'https://audits.blob.core.windows.net/elsewhere';
    expect(readSettings({ ...minimalSettings, ESCROW_AUDIT_CONTAINER_URL: elsewhere })).toMatchObject({
      auditContainerUrl: elsewhere,
      drillContainerUrl: `${minimalSettings.ESCROW_CONTAINER_URL}-drills`,
    });
  });

  test('are required where the name would become too long', () => {
    const url = `https://escrowlocal.blob.core.windows.net/${'k'.repeat(57)}`;
    const faults = faultsOf({ ...minimalSettings, ESCROW_CONTAINER_URL: url });
    expect(faults.map((fault) => fault.split(' ', 1)[0])).toEqual([
      'ESCROW_AUDIT_CONTAINER_URL',
      'ESCROW_DRILL_CONTAINER_URL',
    ]);
  });
});
