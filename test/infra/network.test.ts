import { describe, expect, it } from 'vitest';
import type { Deployment } from './support/deployment.ts';
import {
  deploymentSubscription,
  deployNamed,
  parametersNamed,
  platformSubscription,
  template,
} from './support/parameter-sets.ts';
import { appOf, escrowAccount, ofType, theOne } from './support/resources.ts';
import type { Template, TemplateResource } from './support/template.ts';

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
  const deployment = deployNamed('one-vault');

  it('is on by default: the app leaves through its own delegated subnet', () => {
    const network = theOne(deployment, 'Microsoft.Network/virtualNetworks');
    const [app, endpointSubnet] = network.properties.subnets as { name: string; properties: Record<string, unknown> }[];
    expect(app?.properties).toMatchObject({
      addressPrefix: '10.90.0.0/26',
      defaultOutboundAccess: true,
      delegations: [{ properties: { serviceName: 'Microsoft.App/environments' } }],
    });
    for (const { properties } of ofType(deployment, 'Microsoft.Web/sites')) {
      expect(properties.virtualNetworkSubnetId).toBe(`${network.id}/subnets/app`);
    }
    expect(endpointSubnet?.properties.defaultOutboundAccess).toBe(false);
  });

  it('reaches the accounts and the vault by private endpoints, each with a record in its zone', () => {
    expect(endpoints(deployment).map(({ target, group }) => `${target} ${group}`)).toEqual([
      'stkeyesc blob',
      'stkeyhost blob',
      'stkeyhost queue',
      'stkeyhost table',
      'stkeyaudit blob',
      'contoso-prod vault',
    ]);
    expect(zones(deployment)).toEqual([
      'privatelink.blob.core.windows.net',
      'privatelink.queue.core.windows.net',
      'privatelink.table.core.windows.net',
      'privatelink.vaultcore.azure.net',
    ]);
    expect(ofType(deployment, 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups')).toHaveLength(6);
  });

  it('still finds a vault in public that has no private endpoint here', () => {
    const links = ofType(deployment, 'Microsoft.Network/privateDnsZones/virtualNetworkLinks');
    const policies = Object.fromEntries(links.map((one) => [one.name.split('/')[0], one.properties.resolutionPolicy]));
    expect(policies['privatelink.vaultcore.azure.net']).toBe('NxDomainRedirect');
    expect(policies['privatelink.blob.core.windows.net']).toBe('Default');
  });
});

describe('private endpoints', () => {
  const groupOf = (deployment: Deployment, target: RegExp): string | undefined => {
    const one = ofType(deployment, 'Microsoft.Network/privateEndpoints').find((endpoint) => target.test(endpoint.name));
    return one?.id.split('/providers/')[0];
  };

  it('are made one at a time, the escrow’s first', () => {
    const { connections } = template.resources as unknown as { connections: { properties: { template: Template } } };
    const { resources } = connections.properties.template;
    const { otherEndpoints } = resources as Readonly<Record<string, TemplateResource>>;
    expect(otherEndpoints?.copy).toMatchObject({ mode: 'serial', batchSize: 1 });
    expect(otherEndpoints?.dependsOn).toContain('escrowEndpoint');
  });

  it('are in the app’s group, but the escrow’s in the escrow’s', () => {
    const deployment = deployNamed('one-vault');
    const subscription = `/subscriptions/${deploymentSubscription}`;
    expect(groupOf(deployment, /stkeyesc/)).toBe(`${subscription}/resourceGroups/rg-key-escrow-small-escrow`);
    expect(escrowAccount(deployment).id).toContain('/rg-key-escrow-small-escrow/');
    for (const other of [/stkeyhost/, /stkeyaudit/, /contoso-prod/]) {
      expect(groupOf(deployment, other)).toBe(`${subscription}/resourceGroups/rg-key-escrow-small`);
    }
  });

  it('are in the subscription of their network, wherever the escrow and the app are', () => {
    const deployment = deployNamed('many-sources');
    const hub = `/subscriptions/${platformSubscription}/resourceGroups`;
    expect(groupOf(deployment, /stkeyesc/)).toBe(`${hub}/rg-hub`);
    expect(groupOf(deployment, /contoso-hsm/)).toBe(`${hub}/rg-hub`);
    const network = {
      ...(parametersNamed('many-sources').network as object),
      endpointResourceGroup: 'rg-escrow-endpoints',
    };
    expect(groupOf(deployNamed('many-sources', { network }), /contoso-hsm/)).toBe(`${hub}/rg-escrow-endpoints`);
  });
});

describe('an existing network', () => {
  const deployment = deployNamed('many-sources');

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
    const unmanaged = deployNamed('one-vault', { network: { manageDns: false } });
    expect(zones(unmanaged)).toEqual([]);
    expect(ofType(unmanaged, 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups')).toEqual([]);
    expect(endpoints(unmanaged)).toHaveLength(6);
  });
});

describe('one parameter', () => {
  const deployment = deployNamed('no-network');

  it('turns the private network off, all of it', () => {
    expect(deployment.resources.filter((one) => one.type.startsWith('Microsoft.Network/'))).toEqual([]);
    expect(appOf(deployment, 'escrow').properties.virtualNetworkSubnetId).toBeNull();
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
