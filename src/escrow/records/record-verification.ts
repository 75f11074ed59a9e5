import { parseKeyId, type SourceSuffixes } from '../model/key-id.ts';
import { precedesRun } from '../model/run-id.ts';
import { isSameSource, type SourceKind } from '../model/source.ts';
import { readBackupFormat } from './backup-envelope.ts';
import { parseRecordName } from './blob-names.ts';
import { sha256Of } from './put-once.ts';
import { obstacleOf } from './record-obstacle.ts';
import type { StoredRecord } from './stored-record.ts';

/** What is wrong with one record. */
export interface RecordFault {
  readonly code:
    | 'digestMissing'
    | 'digestDiffers'
    | 'lengthDiffers'
    | 'envelopeUnknown'
    | 'envelopeDiffers'
    | 'metadataDiffers'
    | 'tooEarly'
    | 'notBlockBlob'
    | 'modified';
  readonly message: string;
}

/** What a backup of each kind of source is wrapped in. */
export const formatOf: Readonly<Record<SourceKind, string>> = {
  vault: 'AzureKeyVaultKeyBackupV1',
  managedHsm: 'ManagedHsmBackup',
};

/**
 * Checks bytes that were read back against everything the record says: digest, length, envelope, and metadata against its
 * name. Only a drill shows whether they restore, because only the service can open them.
 */
export function faultsOfRecord(record: StoredRecord, bytes: Uint8Array, suffixes: SourceSuffixes): RecordFault[] {
  return [...faultsOfBytes(record, bytes), ...faultsOfMetadata(record, suffixes), ...faultsOfStorage(record)];
}

/** What no content shows: that it can still be changed, or was. */
function faultsOfStorage(record: StoredRecord): RecordFault[] {
  const { code, reason } = obstacleOf(record) ?? {};
  return code === 'notBlockBlob' || code === 'modified' ? [{ code, message: `it ${reason}` }] : [];
}

/** Only what bears on the bytes: with any of these the record must not be restored. */
export function faultsOfBytes(record: StoredRecord, bytes: Uint8Array): RecordFault[] {
  const faults: RecordFault[] = [];
  const note = (code: RecordFault['code'], message: string) => faults.push({ code, message });
  if (bytes.length !== record.blob.length) {
    note('lengthDiffers', `${bytes.length} bytes were read, ${record.blob.length} are listed`);
  }
  const sha256 = sha256Of(bytes);
  if (record.sha256 === undefined)
    note('digestMissing', 'its metadata has no "sha256", so its bytes cannot be checked');
  else if (sha256 !== record.sha256) {
    note(
      'digestDiffers',
      `the SHA-256 of its bytes is ${sha256}, written was ${record.sha256}: the bytes were altered`,
    );
  }
  const format = readBackupFormat(bytes);
  if (format === 'unknown') note('envelopeUnknown', 'its bytes are not wrapped as a key backup');
  else if (format !== formatOf[record.source.kind]) {
    note('envelopeDiffers', `its envelope is ${format}, a backup from there has ${formatOf[record.source.kind]}`);
  }
  return faults;
}

function faultsOfMetadata(record: StoredRecord, suffixes: SourceSuffixes): RecordFault[] {
  const { blobName, runId, createdAt } = record;
  const { metadata } = record.blob;
  const faults: RecordFault[] = [];
  const note = (message: string) => faults.push({ code: 'metadataDiffers', message });
  const named = parseRecordName(blobName);
  const described = metadata.keyid === undefined ? undefined : parseKeyId(metadata.keyid, suffixes);
  if (described === undefined) note(`its metadata "keyid" (${metadata.keyid ?? 'missing'}) is not a key identifier`);
  else if (named !== undefined) {
    if (!isSameSource(described.source, named.source) || described.name.toLowerCase() !== named.keyName) {
      note(`its metadata "keyid" (${metadata.keyid}) is another key than its name says`);
    }
  }
  if (named !== undefined && metadata.runid !== named.runId) {
    note(`its metadata "runid" (${metadata.runid ?? 'missing'}) is another run than its name says`);
  }
  if (precedesRun(createdAt, named?.runId ?? runId ?? '')) {
    const message = `it was there at ${createdAt.toISOString()}, before its run could begin: the app did not write it`;
    faults.push({ code: 'tooEarly', message });
  }
  return faults;
}
