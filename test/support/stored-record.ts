import type { StoredBlob } from '../../src/escrow/ports/escrow-store.ts';
import { type StoredRecord, storedRecordOf } from '../../src/escrow/records/stored-record.ts';
import { publicSuffixes } from './escrow-sources.ts';
import { storedBlob } from './memory-store.ts';

interface RecordParts extends Partial<Omit<StoredBlob, 'metadata'>> {
  readonly night?: string;
  readonly metadata?: Readonly<Record<string, string | undefined>>;
}

/** A record of key "signing" of vault "contoso-prod": written nine seconds after the night's run, by default. */
export function recordOfSigning({ night = '2026-11-24', metadata, ...blob }: RecordParts = {}): StoredRecord {
  const runId = `${night.replaceAll('-', '')}T020000Z`;
  const written: Record<string, string | undefined> = {
    keyid: 'https://contoso-prod.vault.azure.net/keys/signing',
    runid: runId,
    backedupat: `${night}T02:00:08.500Z`,
    sha256: 'ab'.repeat(32),
    ...metadata,
  };
  const kept = Object.entries(written).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const stored = storedBlob({
    name: `vaults/contoso-prod/signing/${runId}.keybackup`,
    bytes: Buffer.alloc(9000),
    createdAt: new Date(`${night}T02:00:09Z`),
    metadata: Object.fromEntries(kept),
  });
  const record = storedRecordOf({ ...stored, ...blob }, publicSuffixes);
  if (record === undefined) throw new Error('no record');
  return record;
}
