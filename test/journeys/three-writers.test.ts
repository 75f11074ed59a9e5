import { KeyClient } from '@azure/keyvault-keys';
import { ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { describe, expect, test } from 'vitest';
import { drillOperatorRoles, requesterDataActions } from '../../local-azure/identity/deployed-roles.ts';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import { viewContainer } from '../support/container-view.ts';
import { useTestAzure } from '../support/local-azure.ts';

const places = ['containerUrl', 'auditContainerUrl', 'drillContainerUrl'] as const;
type Place = (typeof places)[number];

const keys = ['signing', 'payroll'];
const azure = await useTestAzure({
  sources: [
    { kind: 'vault', name: 'contoso-prod', keys },
    { kind: 'vault', name: 'contoso-drill' },
  ],
});
azure.registry.add('drill operator', ...drillOperatorRoles(azure.containers));
azure.registry.add('requester', requesterDataActions);
const view = viewContainer(azure);
for (const name of ['vaults/there', 'audits/there', 'drills/there']) await view.put(name, 'as it was');
const backup = (await keysAs(azure.identities.app, 'contoso-prod').backupKey('signing')) ?? new Uint8Array();

function keysAs(identity: LocalIdentity, vault: string): KeyClient {
  const noRetries = { retryOptions: { maxRetries: 0 } };
  return new KeyClient(`https://${vault}.vault.azure.net`, azure.credential(identity), noRetries);
}

const folderOf: Readonly<Record<Place, string>> = {
  containerUrl: 'vaults',
  auditContainerUrl: 'audits',
  drillContainerUrl: 'drills',
};

async function isAllowed(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 403) return false;
    throw error;
  }
}

/** What an identity may do in one container, tried. */
async function rightsIn(place: Place, identity: LocalIdentity): Promise<string[]> {
  const container = new ContainerClient(azure[place], azure.credential(identity), { retryOptions: { maxTries: 1 } });
  const there = container.getBlockBlobClient(`${folderOf[place]}/there`);
  const attempts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['read', () => there.downloadToBuffer()],
    ['create', () => container.getBlockBlobClient(`${folderOf[place]}/by ${identity.name}`).upload('x', 1)],
    ['overwrite', () => there.upload('x', 1)],
    ['re-tag', () => there.setMetadata({ sha256: 'forged' })],
    ['delete', () => there.delete()],
  ];
  const rights: string[] = [];
  for (const [right, attempt] of attempts) if (await isAllowed(attempt)) rights.push(right);
  return rights;
}

/** What an identity may do with the keys of a source. */
async function rightsOverKeys(identity: LocalIdentity): Promise<string[]> {
  const keys = keysAs(identity, 'contoso-prod');
  const attempts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['list', () => keys.listPropertiesOfKeys().next()],
    ['back up', () => keys.backupKey('payroll')],
    ['restore', () => keysAs(identity, 'contoso-drill').restoreKeyBackup(backup)],
    ['create', () => keys.createKey('planted', 'EC')],
    ['disable', () => keys.updateKeyProperties('payroll', { enabled: false })],
  ];
  const rights: string[] = [];
  for (const [right, attempt] of attempts) if (await isAllowed(attempt)) rights.push(right);
  return rights;
}

async function rightsOverQueue(identity: LocalIdentity): Promise<string[]> {
  const credential = azure.credential(identity);
  const queue = new QueueClient(`${azure.queueServiceUrl}/${azure.queueName}`, credential, {
    retryOptions: { maxTries: 1 },
  });
  const attempts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['send', () => queue.sendMessage('x')],
    ['take', () => queue.receiveMessages({ visibilityTimeout: 1 })],
  ];
  const rights: string[] = [];
  for (const [right, attempt] of attempts) if (await isAllowed(attempt)) rights.push(right);
  return rights;
}

const readOnly = ['read'];
const addTo = ['read', 'create'];

describe('each container has one writer, and all may read', () => {
  test.for([
    ['app', { backups: addTo, audits: readOnly, drills: readOnly, keys: ['list', 'back up'], queue: ['send', 'take'] }],
    ['audit', { backups: readOnly, audits: addTo, drills: readOnly, keys: ['list'], queue: [] }],
    // What is given up where one app does both.
    [
      'bothParts',
      { backups: addTo, audits: addTo, drills: readOnly, keys: ['list', 'back up'], queue: ['send', 'take'] },
    ],
    ['drill operator', { backups: readOnly, audits: readOnly, drills: addTo, keys: ['list', 'restore'], queue: [] }],
    ['requester', { backups: [], audits: [], drills: [], keys: [], queue: ['send'] }],
  ] as const)('%s', async ([name, expected]) => {
    const identity = azure.registry.find(name);
    if (identity === undefined) throw new Error(`nobody is called ${name}`);
    const [backups, audits, drills] = await Promise.all(places.map((place) => rightsIn(place, identity)));
    const keys = await rightsOverKeys(identity);
    expect({ backups, audits, drills, keys, queue: await rightsOverQueue(identity) }).toEqual(expected);
    azure.keyVault
      .source('vault', 'contoso-drill')
      ?.keyNames()
      .forEach((key) => void azure.vault('contoso-drill').purgeKey(key));
  });

  test('and what was there is there, as it was', async () => {
    const view = viewContainer(azure);
    for (const name of ['vaults/there', 'audits/there', 'drills/there']) {
      expect((await view.read(name)).toString()).toBe('as it was');
      expect((await view.list(name))[0]?.metadata).toEqual({});
    }
  });
});
