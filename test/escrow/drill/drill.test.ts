import { expect, test } from 'vitest';
import { runDrill, sweepLeftovers } from '../../../src/escrow/drill/drill.ts';
import type { KeyOperator } from '../../../src/escrow/ports/key-operator.ts';
import { recordName } from '../../../src/escrow/records/blob-names.ts';
import { sha256Of } from '../../../src/escrow/records/put-once.ts';
import { storedRecordOf } from '../../../src/escrow/records/stored-record.ts';
import { answered } from '../../support/answers.ts';
import { noLimit, publicSuffixes } from '../../support/escrow-sources.ts';
import { createMemoryStore } from '../../support/memory-store.ts';

const drillVault = { kind: 'vault', name: 'contoso-drill' } as const;
const now = () => new Date('2026-11-25T00:00:00Z');

async function escrowed() {
  const container = createMemoryStore();
  const name = recordName({ kind: 'vault', name: 'contoso-prod' }, 'signing', '20261124T020000Z');
  const header = Buffer.from('{"kid":"a"}').toString('base64url');
  const bytes = Buffer.from(`&AzureKeyVaultKeyBackupV1.microsoft.com${header}.a.b.c.d`);
  const metadata = {
    keyid: 'https://contoso-prod.vault.azure.net/keys/signing',
    runid: '20261124T020000Z',
    sha256: sha256Of(bytes),
  };
  await container.create({ name, bytes, contentType: 'application/octet-stream', metadata }, noLimit);
  const blob = container.blobs.get(name);
  const record = blob && storedRecordOf(blob, publicSuffixes);
  if (record === undefined) throw new Error('no record');
  return { container, record };
}

/** A target where somebody has put a key of the name since it was looked at, and has deleted it or not. */
function targetOfTwo(
  foreign: 'active' | 'deleted',
  answer = { statusCode: 409, code: 'Conflict' },
): { operator: KeyOperator; changes: string[] } {
  const changes: string[] = [];
  const createdAt = new Date('2026-11-24T12:00:00Z');
  const key = { name: 'signing', id: '', enabled: true, createdAt, updatedAt: createdAt, certificateBacked: false };
  const operator = {
    keys: {
      source: drillVault,
      async *listVersions() {
        yield { version: 'theirs', enabled: true, createdAt, updatedAt: createdAt };
      },
    },
    findKey: async () => (foreign === 'active' ? key : undefined),
    findDeletedKey: async () =>
      foreign === 'deleted' ? { name: 'signing', createdAt, deletedAt: createdAt, purgeAt: undefined } : undefined,
    restoreKey: async () => {
      throw answered('Key Vault', answer);
    },
    deleteKey: async () => void changes.push('delete'),
    purgeKey: async () => {
      changes.push('purge');
      throw answered('Key Vault', { statusCode: 403, code: 'Forbidden' }, 'Purge protection is enabled.');
    },
  } as unknown as KeyOperator;
  return { operator, changes };
}

async function drillInto(operator: KeyOperator, alter: (bytes: Uint8Array) => void = () => undefined) {
  const { container, record } = await escrowed();
  alter(container.blobs.get(record.blobName)?.bytes ?? new Uint8Array());
  const { receipt } = await runDrill(
    [{ record }],
    { source: drillVault, place: {} },
    {
      container,
      drills: createMemoryStore(),
      operator,
      now,
      outOfTime: noLimit,
      lastCall: noLimit,
      sleep: async () => undefined,
      referenceOf: async () => ({}),
      ended: () => undefined,
    },
  );
  return receipt;
}

test.each(['active', 'deleted'] as const)(
  'a drill stops at a name that somebody else took meanwhile (%s), and takes nothing of theirs away',
  async (foreign) => {
    const { operator, changes } = targetOfTwo(foreign);
    const receipt = await drillInto(operator);
    expect(receipt).toMatchObject({ status: 'stopped', keys: [{ key: 'signing', outcome: 'failed' }] });
    expect(receipt.message).toContain('somebody else uses vault "contoso-drill"');
    expect(receipt.left).toBeUndefined();
    expect(changes).toEqual([]);
  },
);

test.each(['active', 'deleted'] as const)(
  'a drill goes by the time of the storage service, not of the desk, whose clock is hours ahead (%s)',
  async (foreign) => {
    const { operator, changes } = targetOfTwo(foreign, { statusCode: 500, code: 'InternalServerError' });
    const receipt = await drillInto(operator);
    expect(receipt).toMatchObject({ status: 'stopped', left: ['signing'] });
    expect(receipt.message).toContain('was made after the drill began');
    expect(changes).toEqual([]);
  },
);

test('a drill takes nothing away where it sent nothing', async () => {
  const { operator, changes } = targetOfTwo('deleted');
  const receipt = await drillInto(operator, (bytes) => bytes.fill(0, -1));
  expect(receipt).toMatchObject({ status: 'findings', keys: [{ outcome: 'failed' }] });
  expect(receipt.keys[0]?.message).toContain('is corrupt');
  expect(changes).toEqual([]);
});

test('leftovers that cannot be purged are named, with the remedy', async () => {
  const { container } = await escrowed();
  const { operator } = targetOfTwo('deleted');
  const journal = {
    format: 'keyvault-escrow/drill-journal/1',
    drillId: '20261124T120000Z',
    startedAt: '2026-11-24T12:00:00.000Z',
    target: 'vaults/contoso-drill',
    keys: [{ source: 'vaults/contoso-prod', key: 'signing', blobName: 'b' }],
  } as const;
  const leftovers = { journals: [{ journal, writtenAt: new Date(journal.startedAt) }], names: ['signing'] };
  const target = { source: drillVault, place: {} };
  await expect(
    sweepLeftovers(leftovers, target, { drills: container, operator, now, lastCall: noLimit }),
  ).rejects.toMatchObject({
    message: expect.stringMatching(
      /No drill: what an earlier one left.*Cannot purge key "signing" in vault "contoso-drill".*purge protection/,
    ),
    remedy: 'This source does not let a deleted key be purged: it goes at the end of its retention.',
  });
});
