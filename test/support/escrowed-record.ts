import { recordName } from '../../src/escrow/records/blob-names.ts';
import { sha256Of } from '../../src/escrow/records/put-once.ts';
import { type StoredRecord, storedRecordOf } from '../../src/escrow/records/stored-record.ts';
import { noLimit, publicSuffixes } from './escrow-sources.ts';
import type { MemoryStore } from './memory-store.ts';

/** Puts a record whose envelope is a backup's into a store, under the name of a key of vault "contoso-prod". */
export async function escrowedRecord(store: MemoryStore, keyName: string): Promise<StoredRecord> {
  const runId = '20261124T020000Z';
  const name = recordName({ kind: 'vault', name: 'contoso-prod' }, keyName, runId);
  const header = Buffer.from('{"kid":"a"}').toString('base64url');
  const bytes = Buffer.from(`&AzureKeyVaultKeyBackupV1.microsoft.com${header}.a.b.c.d`);
  const keyid = `https://contoso-prod.vault.azure.net/keys/${keyName}`;
  const metadata = { keyid, runid: runId, backedupat: '2026-11-24T02:00:00Z', sha256: sha256Of(bytes) };
  await store.create({ name, bytes, contentType: 'application/octet-stream', metadata }, noLimit);
  const blob = store.blobs.get(name);
  const record = blob && storedRecordOf(blob, publicSuffixes);
  if (record === undefined) throw new Error('no record');
  return record;
}
