import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settingNames } from '../../src/app/settings.ts';
import { auditClientId, backupClientId, deployNamed, parameterSetNames } from './support/parameter-sets.ts';
import { appOf, appSettings, auditHostAccount, hostAccount, ofType } from './support/resources.ts';
import { isRuntimeValue } from './support/runtime-value.ts';

const azureYaml = readFileSync(new URL('../../azure.yaml', import.meta.url), 'utf8');

/** Settings of the Functions host and of the identity library, which src/app/settings.ts leaves to them. */
const othersSettings = [
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'AZURE_CLIENT_ID',
  'AZURE_TOKEN_CREDENTIALS',
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsStorage__clientId',
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__queueServiceUri',
  'AzureWebJobsStorage__tableServiceUri',
];

const apps = parameterSetNames.flatMap((name) =>
  (name === 'no-network' ? (['escrow'] as const) : (['escrow', 'audit'] as const)).map((part) => ({ name, part })),
);

describe.each(apps)('the app $part of $name', ({ name, part }) => {
  const deployment = deployNamed(name);
  const settings = appSettings(deployment, part);
  const app = appOf(deployment, part);
  const isAudit = part === 'audit';
  const clientId = isAudit ? auditClientId : backupClientId;

  it('has only settings that somebody reads', () => {
    const known = new Set<string>([...settingNames, ...othersSettings]);
    expect(Object.keys(settings).filter((one) => !known.has(one))).toEqual([]);
    const needless = ['AzureWebJobsStorage__queueServiceUri', 'AzureWebJobsStorage__tableServiceUri'];
    expect(Object.keys(settings)).toEqual(
      expect.arrayContaining(othersSettings.filter((one) => !isAudit || !needless.includes(one))),
    );
    if (isAudit) for (const one of needless) expect(settings).not.toHaveProperty(one);
  });

  it('connects by its own identity everywhere', () => {
    for (const prefix of isAudit ? ['AzureWebJobsStorage'] : ['AzureWebJobsStorage', 'ESCROW_QUEUE']) {
      expect(settings[`${prefix}__credential`]).toBe('managedidentity');
      expect(settings[`${prefix}__clientId`]).toBe(clientId);
    }
    expect(settings).toMatchObject({
      AZURE_CLIENT_ID: clientId,
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${clientId};Authorization=AAD`,
    });
    expect(Object.keys(app.body.identity as object)).toEqual(['type', 'userAssignedIdentities']);
    expect(app.body.identity).toMatchObject({ type: 'UserAssigned' });
  });

  it('has no secret in any setting', () => {
    const { APPLICATIONINSIGHTS_CONNECTION_STRING: telemetryAddress, ...rest } = settings;
    for (const [setting, value] of Object.entries(rest)) {
      expect(value, setting).not.toMatch(/AccountKey|SharedAccess|[?&]sig=|password|secret|InstrumentationKey/i);
    }
    // An address and no secret: Application Insights refuses whatever comes without a token.
    expect(isRuntimeValue(telemetryAddress)).toBe(true);
    for (const { properties } of ofType(deployment, 'Microsoft.Insights/components')) {
      expect(properties.DisableLocalAuth).toBe(true);
    }
  });

  it('takes its package from a container of its own host’s account, by identity', () => {
    const account = isAudit ? auditHostAccount(deployment) : hostAccount(deployment);
    expect(app.properties.functionAppConfig).toMatchObject({
      deployment: {
        storage: {
          type: 'blobContainer',
          value: `https://${account.name}.blob.core.windows.net/deployment-package`,
          authentication: { type: 'UserAssignedIdentity' },
        },
      },
    });
  });

  it('takes no password and speaks TLS 1.2', () => {
    expect(app.properties).toMatchObject({ httpsOnly: true, siteConfig: { minTlsVersion: '1.2' } });
    const policies = ofType(deployment, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies').filter((one) =>
      one.name.startsWith(app.name),
    );
    expect(policies.map((one) => [one.name.split('/')[1], one.properties.allow])).toEqual([
      ['ftp', false],
      ['scm', false],
    ]);
  });
});

describe('the two apps', () => {
  const deployment = deployNamed('one-vault');

  it('share nothing but the workspace, the network and the settings of the escrow', () => {
    const [backup, audit] = [appSettings(deployment), appSettings(deployment, 'audit')];
    expect([backup.ESCROW_PART, audit.ESCROW_PART]).toEqual(['backup', 'audit']);
    const same = Object.keys(audit).filter((name) => JSON.stringify(audit[name]) === JSON.stringify(backup[name]));
    expect(new Set(same)).toEqual(
      new Set([
        'AZURE_CLOUD',
        'AZURE_TOKEN_CREDENTIALS',
        'AzureWebJobsStorage__credential',
        'ESCROW_ACCOUNT_ID',
        'ESCROW_AUDIT_CONTAINER_URL',
        'ESCROW_AUDIT_SCHEDULE',
        'ESCROW_CONTAINER_URL',
        'ESCROW_DRILL_CONTAINER_URL',
        'ESCROW_MAX_AGE_HOURS',
        'ESCROW_QUEUE_NAME',
        'ESCROW_QUEUE__queueServiceUri',
        'ESCROW_SCHEDULE',
        'ESCROW_SOURCES',
      ]),
    );
  });

  it('are one app, one identity and one host account where the parameter says so', () => {
    const one = deployNamed('one-vault', { separateAudit: false });
    expect(ofType(one, 'Microsoft.Web/sites')).toHaveLength(1);
    expect(ofType(one, 'Microsoft.Web/serverfarms')).toHaveLength(1);
    expect(ofType(one, 'Microsoft.ManagedIdentity/userAssignedIdentities')).toHaveLength(1);
    expect(ofType(one, 'Microsoft.Insights/components')).toHaveLength(1);
    expect(appSettings(one).ESCROW_PART).toBe('all');
    expect(one.outputs.auditAppName).toBe('');
  });

  it('are the services that azd deploys', () => {
    const tags = ofType(deployment, 'Microsoft.Web/sites').map(
      ({ body }) => (body.tags as Record<string, string>)['azd-service-name'],
    );
    expect(tags).toEqual(['escrow', 'audit']);
    expect(azureYaml).toMatch(/^ {2}escrow:$/m);
    expect(azureYaml).toMatch(/^ {2}audit:$/m);
  });
});

describe('the parameters of the app', () => {
  const configOf = (parameters: object): unknown =>
    appOf(deployNamed('one-vault', parameters), 'escrow').properties.functionAppConfig;

  it('choose the Node version, 24 unless said otherwise', () => {
    expect(configOf({})).toMatchObject({ runtime: { name: 'node', version: '24' } });
    expect(configOf({ nodeVersion: '22' })).toMatchObject({ runtime: { version: '22' } });
    expect(() => configOf({ nodeVersion: '20' })).toThrow(/"nodeVersion" is none of 22,24/);
  });

  it('cap the instances, at what every region takes unless said otherwise', () => {
    expect(configOf({})).toMatchObject({ scaleAndConcurrency: { maximumInstanceCount: 40 } });
    expect(configOf({ maximumInstances: 1 })).toMatchObject({ scaleAndConcurrency: { maximumInstanceCount: 1 } });
    expect(() => configOf({ maximumInstances: 0 })).toThrow(/below 1/);
  });

  it('derive how old a record may be from the schedule’s period', () => {
    expect(appSettings(deployNamed('one-vault')).ESCROW_MAX_AGE_HOURS).toBe('26');
    expect(appSettings(deployNamed('many-sources'))).toMatchObject({
      ESCROW_MAX_AGE_HOURS: '14',
      ESCROW_MAX_DRILL_AGE_DAYS: '35',
      ESCROW_SCHEDULE: '0 0 */12 * * *',
    });
  });

  it('restrict who may deploy, by address', () => {
    const { siteConfig } = appOf(deployNamed('many-sources'), 'audit').properties;
    expect(siteConfig).toMatchObject({
      scmIpSecurityRestrictionsUseMain: false,
      scmIpSecurityRestrictionsDefaultAction: 'Deny',
      scmIpSecurityRestrictions: [{ ipAddress: '203.0.113.16/28', action: 'Allow' }],
    });
  });

  it('leave the app’s own address open to the platform, which asks it there for its triggers', () => {
    for (const name of parameterSetNames) {
      const { siteConfig } = appOf(deployNamed(name), 'escrow').properties;
      expect(siteConfig).not.toHaveProperty('ipSecurityRestrictionsDefaultAction');
      expect(siteConfig).not.toHaveProperty('ipSecurityRestrictions');
    }
  });
});
