import { describe, expect, test } from 'vitest';
import type { SourceId } from '../../../src/escrow/model/source.ts';
import type { EscrowStore, StoredBlob } from '../../../src/escrow/ports/escrow-store.ts';
import {
  listChosenNames,
  listEveryRecord,
  listRecords,
  recordedKeyNames,
  recordedSources,
} from '../../../src/escrow/records/record-listing.ts';
import { noLimit, publicSuffixes } from '../../support/escrow-sources.ts';
import { createMemoryStore, type MemoryStore, storedBlob } from '../../support/memory-store.ts';

const prod = { kind: 'vault', name: 'contoso-prod' } as const;

const placeOf = (store: EscrowStore) => ({ store, suffixes: publicSuffixes, deadline: noLimit });
const put = (store: MemoryStore, name: string, keyId: string) =>
  store.put(name, 'a backup', { metadata: { keyid: keyId, runid: '20261124T020000Z', sha256: 'ab' } });

describe('the records of a store', () => {
  test('come key by key, newest first by the time of creation; under chosen names nothing is taken for a record of a key', async () => {
    const store = createMemoryStore();
    const signing = 'https://contoso-prod.vault.azure.net/keys/Signing';
    put(store, 'vaults/contoso-prod/signing/20261125T020000Z.keybackup', signing);
    put(store, 'vaults/contoso-prod/signing/20261124T020000Z.keybackup', signing);
    put(store, 'vaults/contoso-prod/signing/20261126T020000Z.keybackup', signing);
    const tax = 'https://contoso-prod.vault.azure.net/keys/tax';
    put(store, 'vaults/contoso-prod/tax/20261124T020000Z.keybackup', tax);
    put(store, 'vaults/contoso-prod/tax/20261125T020000Z.keybackup', tax);
    put(store, 'vaults/Not a source/signing/20261124T020000Z.keybackup', signing);
    put(store, 'named/moves/signing.bak', signing);
    put(store, 'named/alone', 'https://contoso-prod.vault.azure.net/keys/alone');
    put(store, 'notes/payroll.bin', signing);
    put(store, 'runs/20261124T020000Z/vaults/contoso-prod.json', signing);
    put(store, 'named/elsewhere', 'https://evil.example.com/keys/signing');
    const groups = await Array.fromAsync(listRecords(placeOf(store), {}));
    expect(groups.map((group) => group.map(({ blobName }) => blobName))).toEqual([
      [
        'vaults/contoso-prod/signing/20261126T020000Z.keybackup',
        'vaults/contoso-prod/signing/20261124T020000Z.keybackup',
        'vaults/contoso-prod/signing/20261125T020000Z.keybackup',
      ],
      ['vaults/contoso-prod/tax/20261125T020000Z.keybackup', 'vaults/contoso-prod/tax/20261124T020000Z.keybackup'],
    ]);
    const chosen = await Array.fromAsync(listChosenNames(placeOf(store), { names: ['s*'] }));
    expect(chosen).toMatchObject([{ blobName: 'named/moves/signing.bak' }]);
    expect(await recordedSources(store, noLimit)).toEqual([prod]);
    expect(await recordedKeyNames(store, prod, noLimit)).toEqual(['signing', 'tax']);
  });

  test.each([
    [{}, ['prod/root', 'prod/signing', 'hsm/root', 'named/signing']],
    [{ source: prod }, ['prod/root', 'prod/signing', 'named/signing']],
    [{ source: { kind: 'managedHsm', name: 'contoso-hsm' } as const }, ['hsm/root']],
    [{ source: prod, names: ['S*'] }, ['prod/signing', 'named/signing']],
    [{ source: prod, names: ['Root'] }, ['prod/root']],
    [{ source: prod, names: ['root', 'signing'] }, ['prod/root', 'prod/signing', 'named/signing']],
    [{ names: ['root'] }, ['prod/root', 'hsm/root']],
    [{ since: 2 }, ['prod/signing', 'hsm/root', 'named/signing']],
  ])(
    'are narrowed by source, name and time of creation: %j',
    async ({ since, ...filter }: { since?: number; source?: SourceId; names?: string[] }, expected) => {
      const store = createMemoryStore();
      const vault = 'https://contoso-prod.vault.azure.net/keys';
      put(store, 'vaults/contoso-prod/root/20261124T020000Z.keybackup', `${vault}/root`);
      put(store, 'vaults/contoso-prod/signing/20261124T020000Z.keybackup', `${vault}/signing`);
      put(
        store,
        'managed-hsms/contoso-hsm/root/20261124T020000Z.keybackup',
        'https://contoso-hsm.managedhsm.azure.net/keys/root',
      );
      put(store, 'named/signing', `${vault}/signing`);
      const created = [...store.blobs.values()].map(({ createdAt }) => createdAt);
      const narrowed = { ...filter, since: since === undefined ? undefined : created[since - 1] };
      const found = await Array.fromAsync(listEveryRecord(placeOf(store), narrowed));
      expect(found.map(([{ blobName }]) => blobName.replace(/.*contoso-(.*)\/.*/, '$1'))).toEqual(expected);
    },
  );

  test('are handed on while the rest is still being listed, at any number', async () => {
    let listed = 0;
    const bytes = Buffer.alloc(9000);
    const store = {
      ...createMemoryStore(),
      async *list(prefix: string): AsyncGenerator<StoredBlob> {
        for (let key = 0; prefix === 'vaults/' && key < 2_000; key++) {
          const name = `key-${String(key).padStart(4, '0')}`;
          for (let night = 10; night < 15; night++) {
            listed++;
            yield storedBlob({
              name: `vaults/contoso-prod/${name}/202611${night}T020000Z.keybackup`,
              bytes,
              createdAt: new Date(Date.UTC(2026, 10, night, 2)),
              metadata: { keyid: `https://contoso-prod.vault.azure.net/keys/${name}` },
            });
          }
        }
      },
    };
    let seen = 0;
    for await (const group of listRecords(placeOf(store), {})) {
      seen += group.length;
      // Never more than one key ahead of the reader.
      expect(listed - seen).toBeLessThanOrEqual(1);
    }
    expect(seen).toBe(10_000);
  });
});
