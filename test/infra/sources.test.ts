import { describe, expect, it } from 'vitest';
import { entryNames } from '../../src/app/discover/sources-file.ts';
import { readSettings } from '../../src/app/settings.ts';
import {
  deploymentSubscription,
  deployNamed,
  parameterSetNames,
  parametersNamed,
  template,
} from './support/parameter-sets.ts';
import { alarmRules, appSettings, ofType, roleAssignments } from './support/resources.ts';

interface SourceParameter {
  readonly vaultName?: string;
  readonly hsmName?: string;
  readonly events?: boolean;
}

describe.each(parameterSetNames)('every source of %s', (name) => {
  const parameters = parametersNamed(name);
  const sources = parameters.sources as SourceParameter[];
  const vaults = sources.filter((one) => one.vaultName !== undefined);
  const deployment = deployNamed(name);

  it('reaches the settings of each app and of the command line, which the reader accepts', () => {
    const parts = parameters.separateAudit === false ? (['escrow'] as const) : (['escrow', 'audit'] as const);
    for (const part of parts) {
      expect(readSettings(appSettings(deployment, part)).sources).toEqual(
        readSettings(appSettings(deployment)).sources,
      );
    }
    expect(readSettings(deployment.outputs.commandLineSettings as Record<string, string>)).toMatchObject({
      sources: readSettings(appSettings(deployment)).sources,
    });
    const settings = readSettings(appSettings(deployment));
    expect(settings.sources.map((one) => one.name)).toEqual(
      sources.map((one) => String(one.vaultName ?? one.hsmName).toLowerCase()),
    );
    expect(settings.fanOut).toBe(true);
  });

  it('is reached by a role assignment or an access policy, or by the command for Managed HSMs', () => {
    const granted = [
      ...roleAssignments(deployment).map((one) => one.on),
      ...ofType(deployment, 'Microsoft.KeyVault/vaults/accessPolicies').map((one) => one.id),
    ].join('\n');
    for (const { vaultName, hsmName } of sources) {
      if (vaultName !== undefined) expect(granted).toContain(`/Microsoft.KeyVault/vaults/${vaultName}`);
      else expect(String(deployment.outputs.hsmCommands)).toContain(`--hsm-name ${hsmName} `);
    }
  });

  it('is in the list of every alarm whose silence matters', () => {
    const names = sources.map(({ vaultName, hsmName }) =>
      vaultName === undefined ? `managed-hsms/${hsmName}` : `vaults/${vaultName.toLowerCase()}`,
    );
    const list = `dynamic(${JSON.stringify(names)})`;
    const listed = alarmRules(deployment).filter(({ criterion }) => criterion.query.includes(list));
    expect(listed.length).toBeGreaterThanOrEqual(2);
  });

  it('has an event subscription where it is a vault that wants one', () => {
    const wanted = vaults.filter((one) => one.events !== false);
    expect(ofType(deployment, 'Microsoft.EventGrid/systemTopics/eventSubscriptions')).toHaveLength(wanted.length);
  });
});

describe('where backups can be restored', () => {
  const sources = JSON.parse(appSettings(deployNamed('many-sources')).ESCROW_SOURCES ?? '');

  it('is the subscription and geography of a vault, from its region', () => {
    expect(sources[0]).toMatchObject({
      vaultName: 'Contoso-Prod',
      subscriptionId: deploymentSubscription,
      geography: 'Europe',
    });
    expect(sources[1]).toMatchObject({ geography: 'United Kingdom' });
  });

  it('is the security domain of a Managed HSM, and nothing of a vault’s', () => {
    expect(sources[3]).toEqual({
      hsmName: 'contoso-hsm',
      securityDomain: 'contoso-2026',
      keys: ['payments', 'signing-*'],
    });
  });
});

describe('the selection of a source', () => {
  it('is passed to the app as it was written, and not at all where nothing was', () => {
    const [first, second, third] = JSON.parse(appSettings(deployNamed('many-sources')).ESCROW_SOURCES ?? '');
    expect(first).toMatchObject({ keys: ['*'], except: ['tmp-*'], maxBackupsPerSecond: 5 });
    expect(second).toMatchObject({ allowEmpty: true, retired: ['old-*'] });
    expect(new Set(Object.keys(third))).toEqual(new Set(['geography', 'subscriptionId', 'vaultName']));
  });
});

describe('a source that is not as it must be', () => {
  const deployWith = (source: object) => () => deployNamed('one-vault', { sources: [source] });

  it('stops the deployment when a vault has no region', () => {
    expect(deployWith({ vaultName: 'contoso-prod', resourceGroup: 'rg' })).toThrow(
      'The vault "contoso-prod" in `sources` needs its "location".',
    );
  });
});

describe('a source that is on the list as not escrowed', () => {
  it('gets nothing: no setting, no right, no event, no endpoint, no alarm', () => {
    const sources = parametersNamed('many-sources').sources as object[];
    const drill = { vaultName: 'contoso-drill', resourceGroup: 'rg', location: 'uksouth', notEscrowed: 'drill vault' };
    const deployment = deployNamed('many-sources', { sources: [...sources, drill] });
    expect(deployment).toEqual(deployNamed('many-sources'));
  });
});

describe('the words of infra/sources.json', () => {
  it('are those that the template takes', () => {
    const definitions = (template as unknown as { definitions: Record<string, { properties?: object }> }).definitions;
    expect(new Set(Object.keys(definitions.source?.properties ?? {}))).toEqual(new Set(entryNames));
  });
});
