import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/app/settings.ts';
import { deploy, parameterSetNames, parametersNamed } from './support/parameter-sets.ts';
import { appSettings, ofType, roleAssignments } from './support/resources.ts';

interface SourceParameter {
  readonly kind: 'vault' | 'hsm';
  readonly vaultName?: string;
  readonly hsmName?: string;
  readonly events?: boolean;
}

describe.each(parameterSetNames)('every source of %s', (name) => {
  const parameters = parametersNamed(name);
  const sources = parameters.sources as SourceParameter[];
  const vaults = sources.filter((one) => one.kind === 'vault');
  const deployment = deploy(parameters);

  it('reaches the app’s settings, which the app itself accepts', () => {
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
    const queries = ofType(deployment, 'Microsoft.Insights/scheduledQueryRules').map((one) =>
      JSON.stringify(one.properties),
    );
    const listed = queries.filter((query) =>
      query.includes(`dynamic(${JSON.stringify(JSON.stringify(names)).slice(1, -1)})`),
    );
    expect(listed.length).toBeGreaterThanOrEqual(2);
  });

  it('has an event subscription where it is a vault that wants one', () => {
    const wanted = vaults.filter((one) => one.events !== false);
    expect(ofType(deployment, 'Microsoft.EventGrid/systemTopics/eventSubscriptions')).toHaveLength(wanted.length);
  });
});

describe('where backups can be restored', () => {
  const sources = JSON.parse(appSettings(deploy(parametersNamed('many-sources'))).ESCROW_SOURCES ?? '');

  it('is the subscription and geography of a vault, from its region', () => {
    expect(sources[0]).toMatchObject({
      vaultName: 'Contoso-Prod',
      subscriptionId: '11111111-1111-4111-8111-111111111111',
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
    const [first, second, third] = JSON.parse(
      appSettings(deploy(parametersNamed('many-sources'))).ESCROW_SOURCES ?? '',
    );
    expect(first).toMatchObject({ keys: ['*'], except: ['tmp-*'], maxBackupsPerSecond: 5 });
    expect(second).toMatchObject({ allowEmpty: true, retired: ['old-*'] });
    expect(Object.keys(third)).toEqual(['vaultName', 'subscriptionId', 'geography']);
  });
});
