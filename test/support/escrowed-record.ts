import { recordName } from '../../src/escrow/records/blob-names.ts';
import { sha256Of } from '../../src/escrow/records/put-once.ts';
import { type StoredRecord, storedRecordOf } from '../../src/escrow/records/stored-record.ts';
import { publicSuffixes } from './escrow-sources.ts';
import type { MemoryStore } from './memory-store.ts';

/** Puts a record whose envelope is a backup's into a store, under the name of a key of vault "contoso-prod". */
export function escrowedRecord(store: MemoryStore, keyName: string): StoredRecord {
  const runId = '20261124T020000Z';
  const name = recordName({ kind: 'vault', name: 'contoso-prod' }, keyName, runId);
  const header = Buffer.from('{"kid":"a"}').toString('base64url');
  const bytes = Buffer.from(`&AzureKeyVaultKeyBackupV1.microsoft.com${header}.a.b.c.d`);
  const keyid = `https://contoso-prod.vault.azure.net/keys/${keyName}`;
  const metadata = { keyid, runid: runId, backedupat: '2026-11-24T02:00:00Z', sha256: sha256Of(bytes) };
  const record = storedRecordOf(store.put(name, bytes, { metadata }), publicSuffixes);
  if (record === undefined) throw new Error('no record');
  return record;
}
