import { describe, expect, it } from 'vitest';
import { deploy, parameterSetNames, parametersNamed, vaultOnlySubscription } from './support/parameter-sets.ts';
import { escrowAccount, hostAccount, ofType, theOne } from './support/resources.ts';

describe.each(parameterSetNames)('the storage of %s', (name) => {
  const deployment = deploy(parametersNamed(name));
  const accounts = ofType(deployment, 'Microsoft.Storage/storageAccounts');

  it('is two accounts, so that the host’s rights do not reach the escrow', () => {
    expect(accounts.map((one) => one.id)).toEqual([hostAccount(deployment).id, escrowAccount(deployment).id]);
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
  const deployment = deploy(parametersNamed('one-vault'));

  it('is closed to the network but for its private endpoint', () => {
    expect(escrowAccount(deployment).properties).toMatchObject({
      publicNetworkAccess: 'Disabled',
      networkAcls: { defaultAction: 'Deny', bypass: 'None', ipRules: [] },
    });
  });

  it('makes every backup immutable for a year, by a policy that is not locked yet', () => {
    const policy = theOne(deployment, 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies');
    expect(policy.name).toBe(`${escrowAccount(deployment).name}/default/key-escrow/default`);
    expect(policy.properties).toEqual({
      immutabilityPeriodSinceCreationInDays: 365,
      allowProtectedAppendWrites: false,
      allowProtectedAppendWritesAll: false,
    });
  });

  it('cannot be deleted while its lock is there', () => {
    const lock = theOne(deployment, 'Microsoft.Authorization/locks');
    expect(lock.scope).toBe(escrowAccount(deployment).id);
    expect(lock.properties.level).toBe('CanNotDelete');
  });

  it('is the most durable that the region offers, unless the parameter says otherwise', () => {
    const skuWith = (parameters: object): unknown =>
      escrowAccount(deploy({ ...parametersNamed('one-vault'), ...parameters })).body.sku;
    expect(skuWith({})).toEqual({ name: 'Standard_RAGZRS' });
    expect(skuWith({ escrow: { location: 'Italy North' } })).toEqual({ name: 'Standard_ZRS' });
    expect(skuWith({ location: 'westus3' })).toEqual({ name: 'Standard_RAGRS' });
    expect(skuWith({ escrow: { sku: 'Standard_LRS' } })).toEqual({ name: 'Standard_LRS' });
  });
});

describe('the escrow account elsewhere', () => {
  const deployment = deploy(parametersNamed('many-sources'));

  it('is in the subscription that was named, in a resource group made there', () => {
    const group = `/subscriptions/${vaultOnlySubscription}/resourceGroups/rg-key-escrow-large-escrow`;
    expect(escrowAccount(deployment).id).toBe(
      `${group}/providers/Microsoft.Storage/storageAccounts/${escrowAccount(deployment).name}`,
    );
    expect(ofType(deployment, 'Microsoft.Resources/resourceGroups').map((one) => one.id)).toContain(group);
  });

  it('leaves a policy alone that has been locked, because a locked one cannot be written again', () => {
    const policies = ofType(
      deployment,
      'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies',
    );
    expect(policies).toEqual([]);
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
    expect(hostAccount(deploy(parametersNamed('one-vault'))).properties).toMatchObject({
      publicNetworkAccess: 'Enabled',
      networkAcls: { defaultAction: 'Deny', bypass: 'AzureServices' },
    });
  });

  it('is closed entirely where there are no events', () => {
    const parameters = parametersNamed('one-vault');
    const sources = (parameters.sources as object[]).map((one) => ({ ...one, events: false }));
    expect(hostAccount(deploy({ ...parameters, sources })).properties).toMatchObject({
      publicNetworkAccess: 'Disabled',
      networkAcls: { defaultAction: 'Deny', bypass: 'None' },
    });
  });
});
