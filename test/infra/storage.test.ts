import { describe, expect, it } from 'vitest';
import { deployNamed, parameterSetNames, parametersNamed, vaultOnlySubscription } from './support/parameter-sets.ts';
import {
  auditHostAccount,
  escrowAccount,
  hostAccount,
  ofType,
  retentionPolicies,
  theOne,
} from './support/resources.ts';

const containers = ['key-escrow', 'key-escrow-audits', 'key-escrow-drills'];

describe.each(parameterSetNames)('the storage of %s', (name) => {
  const deployment = deployNamed(name);
  const accounts = ofType(deployment, 'Microsoft.Storage/storageAccounts');

  it('is the escrow’s account and one for each app’s host, whose rights do not reach the escrow', () => {
    const hosts =
      name === 'no-network' ? [hostAccount(deployment)] : [hostAccount(deployment), auditHostAccount(deployment)];
    expect(accounts.map((one) => one.id)).toEqual([...hosts, escrowAccount(deployment)].map((one) => one.id));
  });

  it('takes no shared key, no anonymous reader, no old TLS and no other tenant', () => {
    for (const { properties } of accounts) {
      expect(properties).toMatchObject({
        allowSharedKeyAccess: false,
        defaultToOAuthAuthentication: true,
        allowBlobPublicAccess: false,
        allowCrossTenantReplication: false,
        minimumTlsVersion: 'TLS1_2',
        supportsHttpsTrafficOnly: true,
        isLocalUserEnabled: false,
      });
    }
    for (const { properties } of ofType(deployment, 'Microsoft.Storage/storageAccounts/blobServices/containers')) {
      expect(properties.publicAccess).toBe('None');
    }
  });

  it('keeps versions and deleted blobs and containers of the escrow', () => {
    const service = ofType(deployment, 'Microsoft.Storage/storageAccounts/blobServices').find((one) =>
      one.name.startsWith(escrowAccount(deployment).name),
    );
    expect(service?.properties).toMatchObject({
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 90 },
      containerDeleteRetentionPolicy: { enabled: true, days: 90 },
    });
  });

  it('keeps the escrow hot and encrypts it with no key that could be escrowed in it', () => {
    expect(escrowAccount(deployment).properties).toMatchObject({
      accessTier: 'Hot',
      encryption: { keySource: 'Microsoft.Storage', requireInfrastructureEncryption: true },
    });
  });

  it('records every read, write and delete of the escrow', () => {
    const service = `${escrowAccount(deployment).id}/blobServices/default`;
    const [settings] = ofType(deployment, 'Microsoft.Insights/diagnosticSettings').filter(
      (one) => one.scope === service,
    );
    expect(settings?.properties.logs).toEqual(
      ['StorageRead', 'StorageWrite', 'StorageDelete'].map((category) => ({ category, enabled: true })),
    );
  });
});

describe('the escrow account by default', () => {
  const deployment = deployNamed('one-vault');

  it('is closed to the network but for its private endpoint', () => {
    expect(escrowAccount(deployment).properties).toMatchObject({
      publicNetworkAccess: 'Disabled',
      networkAcls: { defaultAction: 'Deny', bypass: 'None', ipRules: [] },
    });
  });

  it('makes every backup, audit and receipt immutable for a year, by policies that are not locked yet', () => {
    const policies = retentionPolicies(deployment);
    const account = escrowAccount(deployment).name;
    expect(policies.map((one) => one.name)).toEqual(
      containers.map((container) => `${account}/default/${container}/default`),
    );
    for (const { properties } of policies) {
      expect(properties).toEqual({
        immutabilityPeriodSinceCreationInDays: 365,
        allowProtectedAppendWrites: false,
        allowProtectedAppendWritesAll: false,
      });
    }
  });

  it('puts out the lines that lock them', () => {
    const lines = deployment.outputs.lockCommands as string[];
    expect(lines.map((line) => /--container-name "([^"]+)"/.exec(line)?.[1])).toEqual(containers);
    for (const line of lines) expect(line).toContain(`--account-name "${escrowAccount(deployment).name}"`);
  });

  it('cannot be deleted while its lock is there', () => {
    const lock = theOne(deployment, 'Microsoft.Authorization/locks');
    expect(lock.scope).toBe(escrowAccount(deployment).id);
    expect(lock.properties.level).toBe('CanNotDelete');
  });

  it('is the most durable that the region offers, unless the parameter says otherwise', () => {
    const skuWith = (parameters: object): unknown => escrowAccount(deployNamed('one-vault', parameters)).body.sku;
    expect(skuWith({})).toEqual({ name: 'Standard_RAGZRS' });
    expect(skuWith({ escrow: { location: 'Italy North' } })).toEqual({ name: 'Standard_ZRS' });
    expect(skuWith({ location: 'westus3' })).toEqual({ name: 'Standard_RAGRS' });
    expect(skuWith({ escrow: { sku: 'Standard_LRS' } })).toEqual({ name: 'Standard_LRS' });
  });
});

describe('the escrow’s resource group', () => {
  it('is never the one that can be deleted', () => {
    const together = () => deployNamed('one-vault', { escrow: { resourceGroupName: 'RG-key-escrow-small' } });
    expect(together).toThrow('The escrow account needs a resource group of its own');
  });

  it('is not azd’s to take away', () => {
    const groups = ofType(deployNamed('one-vault'), 'Microsoft.Resources/resourceGroups');
    const tagged = groups.filter(({ body }) => 'azd-env-name' in ((body.tags ?? {}) as object));
    expect(tagged.map((one) => one.name)).toEqual(['rg-key-escrow-small']);
  });
});

describe('the escrow account elsewhere', () => {
  const deployment = deployNamed('many-sources');

  it('is in the subscription that was named, in a resource group made there', () => {
    const group = `/subscriptions/${vaultOnlySubscription}/resourceGroups/rg-key-escrow-large-escrow`;
    expect(escrowAccount(deployment).id).toBe(
      `${group}/providers/Microsoft.Storage/storageAccounts/${escrowAccount(deployment).name}`,
    );
    expect(ofType(deployment, 'Microsoft.Resources/resourceGroups').map((one) => one.id)).toContain(group);
  });

  it('leaves a policy alone that has been locked, because a locked one cannot be written again', () => {
    expect(retentionPolicies(deployment)).toEqual([]);
  });

  it('answers operators from their own addresses and nobody else', () => {
    expect(escrowAccount(deployment).properties).toMatchObject({
      publicNetworkAccess: 'Enabled',
      networkAcls: { defaultAction: 'Deny', bypass: 'None', ipRules: [{ value: '203.0.113.0/28', action: 'Allow' }] },
    });
  });
});

describe('the host’s account', () => {
  it('lets trusted services in for Event Grid, by identity, and stays closed to everybody else', () => {
    expect(hostAccount(deployNamed('one-vault')).properties).toMatchObject({
      publicNetworkAccess: 'Enabled',
      networkAcls: { defaultAction: 'Deny', bypass: 'AzureServices' },
    });
  });

  it('is closed entirely where there are no events', () => {
    const sources = (parametersNamed('one-vault').sources as object[]).map((one) => ({ ...one, events: false }));
    expect(hostAccount(deployNamed('one-vault', { sources })).properties).toMatchObject({
      publicNetworkAccess: 'Disabled',
      networkAcls: { defaultAction: 'Deny', bypass: 'None' },
    });
  });

  it('of the audit is closed to everybody but its app, with events or without, and has no queue', () => {
    const deployment = deployNamed('one-vault', { operatorIpRanges: ['203.0.113.0/28'] });
    expect(auditHostAccount(deployment).properties).toMatchObject({
      publicNetworkAccess: 'Disabled',
      networkAcls: { defaultAction: 'Deny', bypass: 'None', ipRules: [] },
    });
    const queues = ofType(deployment, 'Microsoft.Storage/storageAccounts/queueServices');
    expect(queues.map((one) => one.name)).toEqual([`${hostAccount(deployment).name}/default`]);
  });
});
