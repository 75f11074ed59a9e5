import { describe, expect, it } from 'vitest';
import type { Deployment } from './support/deployment.ts';
import { deploy, parametersNamed, platformSubscription } from './support/parameter-sets.ts';
import { ofType, theOne } from './support/resources.ts';

interface Endpoint {
  readonly target: string;
  readonly group: string;
  readonly subnet: string;
}

const endpoints = (deployment: Deployment): Endpoint[] =>
  ofType(deployment, 'Microsoft.Network/privateEndpoints').map(({ properties }) => {
    const [{ properties: link }] = properties.privateLinkServiceConnections as [
      { properties: { privateLinkServiceId: string; groupIds: [string] } },
    ];
    return {
      target: String(link.privateLinkServiceId.split('/').at(-1)).replace(/\w{13}$/, ''),
      group: link.groupIds[0],
      subnet: (properties.subnet as { id: string }).id,
    };
  });

const zones = (deployment: Deployment): string[] =>
  ofType(deployment, 'Microsoft.Network/privateDnsZones').map((one) => one.name);

describe('the private network', () => {
  const deployment = deploy(parametersNamed('one-vault'));

  it('is on by default: the app leaves through its own delegated subnet', () => {
    const network = theOne(deployment, 'Microsoft.Network/virtualNetworks');
    const [app] = network.properties.subnets as { name: string; properties: Record<string, unknown> }[];
    expect(app?.properties).toMatchObject({
      addressPrefix: '10.90.0.0/26',
      delegations: [{ properties: { serviceName: 'Microsoft.App/environments' } }],
    });
    const { virtualNetworkSubnetId } = theOne(deployment, 'Microsoft.Web/sites').properties;
    expect(virtualNetworkSubnetId).toBe(`${network.id}/subnets/app`);
  });

  it('reaches both accounts and the vault by private endpoints, each with a record in its zone', () => {
    expect(endpoints(deployment).map(({ target, group }) => `${target} ${group}`)).toEqual([
      'stkeyesc blob',
      'stkeyhost blob',
      'stkeyhost queue',
      'stkeyhost table',
      'contoso-prod vault',
    ]);
    expect(zones(deployment)).toEqual([
      'privatelink.blob.core.windows.net',
      'privatelink.queue.core.windows.net',
      'privatelink.table.core.windows.net',
      'privatelink.vaultcore.azure.net',
    ]);
    expect(ofType(deployment, 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups')).toHaveLength(5);
  });

  it('still finds a vault in public that has no private endpoint here', () => {
    const links = ofType(deployment, 'Microsoft.Network/privateDnsZones/virtualNetworkLinks');
    const policies = Object.fromEntries(links.map((one) => [one.name.split('/')[0], one.properties.resolutionPolicy]));
    expect(policies['privatelink.vaultcore.azure.net']).toBe('NxDomainRedirect');
    expect(policies['privatelink.blob.core.windows.net']).toBe('Default');
  });
});

describe('an existing network', () => {
  const deployment = deploy(parametersNamed('many-sources'));

  it('is used as it is: subnets and zones are neither made nor changed', () => {
    expect(ofType(deployment, 'Microsoft.Network/virtualNetworks')).toEqual([]);
    expect(zones(deployment)).toEqual(['privatelink.managedhsm.azure.net']);
    expect(new Set(endpoints(deployment).map((one) => one.subnet))).toEqual(
      new Set([
        `/subscriptions/${platformSubscription}/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub/subnets/endpoints`,
      ]),
    );
  });

  it('makes no endpoint for a source that has one already', () => {
    const targets = endpoints(deployment).map((one) => one.target);
    expect(targets).not.toContain('contoso-legacy');
    expect(targets).toContain('contoso-hsm');
  });

  it('leaves DNS to whom it belongs', () => {
    const unmanaged = deploy({ ...parametersNamed('one-vault'), network: { manageDns: false } });
    expect(zones(unmanaged)).toEqual([]);
    expect(ofType(unmanaged, 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups')).toEqual([]);
    expect(endpoints(unmanaged)).toHaveLength(5);
  });
});

describe('one parameter', () => {
  const deployment = deploy(parametersNamed('no-network'));

  it('turns the private network off, all of it', () => {
    expect(deployment.resources.filter((one) => one.type.startsWith('Microsoft.Network/'))).toEqual([]);
    expect(theOne(deployment, 'Microsoft.Web/sites').properties.virtualNetworkSubnetId).toBeNull();
  });

  it('leaves identity as the only way in', () => {
    for (const { properties } of ofType(deployment, 'Microsoft.Storage/storageAccounts')) {
      expect(properties).toMatchObject({
        publicNetworkAccess: 'Enabled',
        networkAcls: { defaultAction: 'Allow' },
        allowSharedKeyAccess: false,
        allowBlobPublicAccess: false,
      });
    }
  });
});
