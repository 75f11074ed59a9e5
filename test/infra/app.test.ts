import { describe, expect, it } from 'vitest';
import { settingNames } from '../../src/app/settings.ts';
import { deploy, escrowClientId, parameterSetNames, parametersNamed } from './support/parameter-sets.ts';
import { appSettings, hostAccount, ofType, theOne } from './support/resources.ts';
import { isRuntimeValue } from './support/runtime-value.ts';

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

describe.each(parameterSetNames)('the app of %s', (name) => {
  const deployment = deploy(parametersNamed(name));
  const settings = appSettings(deployment);
  const app = theOne(deployment, 'Microsoft.Web/sites');

  it('has only settings that somebody reads', () => {
    const known = new Set<string>([...settingNames, ...othersSettings]);
    expect(Object.keys(settings).filter((one) => !known.has(one))).toEqual([]);
    expect(Object.keys(settings)).toEqual(expect.arrayContaining(othersSettings));
  });

  it('connects by its own identity everywhere', () => {
    for (const prefix of ['AzureWebJobsStorage', 'ESCROW_QUEUE']) {
      expect(settings[`${prefix}__credential`]).toBe('managedidentity');
      expect(settings[`${prefix}__clientId`]).toBe(escrowClientId);
    }
    expect(settings).toMatchObject({
      AZURE_CLIENT_ID: escrowClientId,
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${escrowClientId};Authorization=AAD`,
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
    expect(theOne(deployment, 'Microsoft.Insights/components').properties.DisableLocalAuth).toBe(true);
  });

  it('takes its package from a container of the host’s account, by identity', () => {
    expect(app.properties.functionAppConfig).toMatchObject({
      deployment: {
        storage: {
          type: 'blobContainer',
          value: `https://${hostAccount(deployment).name}.blob.core.windows.net/deployment-package`,
          authentication: { type: 'UserAssignedIdentity' },
        },
      },
    });
  });

  it('answers nobody at its own address, takes no password, and speaks TLS 1.2', () => {
    expect(app.properties).toMatchObject({
      httpsOnly: true,
      siteConfig: { minTlsVersion: '1.2', ipSecurityRestrictionsDefaultAction: 'Deny', ipSecurityRestrictions: [] },
    });
    const policies = ofType(deployment, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies');
    expect(policies.map((one) => [one.name.split('/')[1], one.properties.allow])).toEqual([
      ['ftp', false],
      ['scm', false],
    ]);
  });
});

describe('the parameters of the app', () => {
  const configOf = (parameters: object): unknown =>
    theOne(deploy({ ...parametersNamed('one-vault'), ...parameters }), 'Microsoft.Web/sites').properties
      .functionAppConfig;

  it('choose the Node version, 24 unless said otherwise', () => {
    expect(configOf({})).toMatchObject({ runtime: { name: 'node', version: '24' } });
    expect(configOf({ nodeVersion: '22' })).toMatchObject({ runtime: { version: '22' } });
    expect(() => configOf({ nodeVersion: '20' })).toThrow(/"nodeVersion" is none of 22,24/);
  });

  it('cap the instances, three unless said otherwise', () => {
    expect(configOf({})).toMatchObject({ scaleAndConcurrency: { maximumInstanceCount: 3 } });
    expect(() => configOf({ maximumInstances: 2 })).toThrow(/below 3/);
  });

  it('derive how old a record may be from the schedule’s period', () => {
    expect(appSettings(deploy(parametersNamed('one-vault'))).ESCROW_MAX_AGE_HOURS).toBe('26');
    expect(appSettings(deploy(parametersNamed('many-sources')))).toMatchObject({
      ESCROW_MAX_AGE_HOURS: '14',
      ESCROW_MAX_DRILL_AGE_DAYS: '35',
      ESCROW_SCHEDULE: '0 0 */12 * * *',
    });
  });

  it('restrict who may deploy, by address', () => {
    const { siteConfig } = theOne(deploy(parametersNamed('many-sources')), 'Microsoft.Web/sites').properties;
    expect(siteConfig).toMatchObject({
      scmIpSecurityRestrictionsUseMain: false,
      scmIpSecurityRestrictionsDefaultAction: 'Deny',
      scmIpSecurityRestrictions: [{ ipAddress: '203.0.113.16/28', action: 'Allow' }],
    });
  });
});
