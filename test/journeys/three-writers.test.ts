import { KeyClient } from '@azure/keyvault-keys';
import { ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { afterEach, describe, expect, test } from 'vitest';
import { drillOperatorRoles, requesterDataActions } from '../../local-azure/identity/deployed-roles.ts';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import { viewContainer } from '../support/container-view.ts';
import { useTestAzure } from '../support/local-azure.ts';
import { now } from '../support/now.ts';

// What each role refuses on a Managed HSM is in test/local-azure/key-vault/roles.test.ts and identity/deployed-roles.test.ts.
const azure = await useTestAzure({
  sources: [
    { kind: 'vault', name: 'contoso-prod', keys: ['signing', 'payroll', 'deleted'] },
    { kind: 'vault', name: 'contoso-drill' },
  ],
});
const prod = azure.vault('contoso-prod');
const drillVault = azure.vault('contoso-drill');
prod.deleteKey('deleted');
azure.registry.add('drill operator', ...drillOperatorRoles(azure.containers));
azure.registry.add('requester', requesterDataActions);
const view = viewContainer(azure);
const records = { containerUrl: 'vaults/record', auditContainerUrl: 'audits/one', drillContainerUrl: 'drills/one' };
for (const name of Object.values(records)) await view.put(name, 'as it was');

const keysAs = (identity: LocalIdentity, url: string) =>
  new KeyClient(url, azure.credential(identity), { retryOptions: { maxRetries: 0 } });
const backup = (await keysAs(azure.identities.app, prod.url).backupKey('signing')) ?? new Uint8Array();

type Attempts = Readonly<Record<string, () => Promise<unknown>>>;

/** What of this the service allows, tried one after the other. */
async function rightsOf(attempts: Attempts): Promise<string[]> {
  const rights: string[] = [];
  for (const [right, attempt] of Object.entries(attempts)) {
    const refusal = await attempt().then(
      () => undefined,
      (error: { statusCode?: number }) => error,
    );
    if (refusal === undefined) rights.push(right);
    else if (refusal.statusCode !== 403) throw refusal;
  }
  return rights;
}

function rightsIn(place: keyof typeof records, identity: LocalIdentity): Promise<string[]> {
  const container = new ContainerClient(azure[place], azure.credential(identity), { retryOptions: { maxTries: 1 } });
  const record = container.getBlockBlobClient(records[place]);
  const created = container.getBlockBlobClient(`${records[place]} by ${identity.name}`);
  return rightsOf({
    read: () => record.downloadToBuffer(),
    create: () => created.upload('x', 1, { conditions: { ifNoneMatch: '*' } }),
    'create with tags': () => container.getBlockBlobClient('tagged').upload('x', 1, { tags: { owner: 'me' } }),
    overwrite: () => record.upload('forged', 6),
    'overwrite by blocks': () => record.stageBlock('AAAA', 'forged', 6),
    'commit blocks': () => record.commitBlockList([]),
    'overwrite by copy': () => record.syncCopyFromURL(created.url),
    delete: () => record.delete(),
    tag: () => record.setTags({ owner: 'me' }),
    're-tag': () => record.setMetadata({ sha256: 'forged' }),
    'change headers': () => record.setHTTPHeaders({ blobContentType: 'text/html' }),
    lease: () => record.getBlobLeaseClient().acquireLease(-1),
    'shorten the retention': () => record.setImmutabilityPolicy({ expiriesOn: now() }),
    'lift a legal hold': () => record.setLegalHold(false),
    'delete the container': () => container.delete(),
  });
}

function rightsOverKeys(identity: LocalIdentity): Promise<string[]> {
  const keys = keysAs(identity, prod.url);
  const drillKeys = keysAs(identity, drillVault.url);
  drillVault.addKey({ name: 'drilled' });
  return rightsOf({
    list: () => keys.listPropertiesOfKeys().next(),
    read: () => keys.getKey('payroll'),
    'back up': () => keys.backupKey('payroll'),
    create: () => keys.createKey('planted', 'EC'),
    rotate: () => keys.createKey('payroll', 'EC'),
    disable: () => keys.updateKeyProperties('payroll', { enabled: false }),
    tag: () => keys.updateKeyProperties('payroll', { tags: { owner: 'me' } }),
    recover: () => keys.beginRecoverDeletedKey('deleted'),
    restore: () => drillKeys.restoreKeyBackup(backup),
    delete: () => drillKeys.beginDeleteKey('drilled'),
    purge: () => drillKeys.purgeDeletedKey('drilled'),
  });
}

function rightsOverQueue(identity: LocalIdentity): Promise<string[]> {
  const noRetries = { retryOptions: { maxTries: 1 } };
  const queue = new QueueClient(`${azure.queueServiceUrl}/${azure.queueName}`, azure.credential(identity), noRetries);
  return rightsOf({ send: () => queue.sendMessage('x'), take: () => queue.receiveMessages({ visibilityTimeout: 1 }) });
}

describe('each container has one writer, and all may read; nobody changes what is there', () => {
  const [readOnly, addTo, backUp] = [['read'], ['read', 'create'], ['list', 'read', 'back up']];

  afterEach(() => {
    for (const key of [...drillVault.keyNames(), ...drillVault.deletedKeyNames()]) drillVault.purgeKey(key);
  });

  test.for([
    ['app', { backups: addTo, audits: readOnly, drills: readOnly, keys: backUp, queue: ['send', 'take'] }],
    ['audit', { backups: readOnly, audits: addTo, drills: readOnly, keys: ['list', 'read'], queue: [] }],
    // What is given up where one app does both.
    ['bothParts', { backups: addTo, audits: addTo, drills: readOnly, keys: backUp, queue: ['send', 'take'] }],
    [
      'drill operator',
      {
        ...{ backups: readOnly, audits: readOnly, drills: addTo, queue: [] },
        keys: ['list', 'read', 'restore', 'delete', 'purge'],
      },
    ],
    ['requester', { backups: [], audits: [], drills: [], keys: [], queue: ['send'] }],
  ] as const)('%s', async ([name, expected]) => {
    const identity = azure.registry.find(name);
    if (identity === undefined) throw new Error(`nobody is called ${name}`);
    expect({
      backups: await rightsIn('containerUrl', identity),
      audits: await rightsIn('auditContainerUrl', identity),
      drills: await rightsIn('drillContainerUrl', identity),
      keys: await rightsOverKeys(identity),
      queue: await rightsOverQueue(identity),
    }).toEqual(expected);
  });

  test('and what was there is there, as it was', async () => {
    for (const name of Object.values(records)) {
      expect((await view.read(name)).toString()).toBe('as it was');
      expect((await view.list(name))[0]?.metadata).toEqual({});
    }
    expect([prod.keyNames(), prod.deletedKeyNames()]).toEqual([['signing', 'payroll'], ['deleted']]);
    expect(prod.versions('payroll')).toMatchObject([{ attributes: { enabled: true } }]);
  });
});
