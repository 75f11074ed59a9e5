import { splitKeyId } from '../model/key-id.ts';
import { precedesRun } from '../model/run-id.ts';
import type { SourceId } from '../model/source.ts';
import type { StoredBlob } from '../ports/escrow-store.ts';
import { parseRecordName } from './blob-names.ts';
import { readRecordMetadata } from './record-metadata.ts';

/** Why a blob in a key's folder does not count as a record of the key. */
export type BlobFault =
  | 'notARecord'
  | 'foreign'
  | 'notBlockBlob'
  | 'withoutDigest'
  | 'tooEarly'
  | 'modified'
  | 'tooLarge';

/** A backup of a key with hundreds of versions has some megabytes. More is not read: it would fill the memory of whoever does. */
export const maxRecordBytes = 64 * 1024 ** 2;

/** Both times of a record come from the request that wrote it, in whole seconds. */
const modifiedAfterMs = 2000;

/** What the store and the blob itself show; only a restore shows whether its bytes are those of the key. */
export function faultOfBlob(blob: StoredBlob, source: SourceId, key: string): BlobFault | undefined {
  const parsed = parseRecordName(blob.name);
  if (parsed === undefined) return 'notARecord';
  // An append blob passes every check until somebody appends.
  if (blob.type !== 'block') return 'notBlockBlob';
  if (blob.length > maxRecordBytes) return 'tooLarge';
  if (!isOfKey(blob.metadata, source, key)) return 'foreign';
  if (precedesRun(blob.createdAt, parsed.runTime)) return 'tooEarly';
  // Written once: what changed later is not what was written. Another tier leaves this time alone.
  const isModified = blob.lastModified.getTime() > blob.createdAt.getTime() + modifiedAfterMs;
  if (isModified && blob.copyStatus === undefined) return 'modified';
  return blob.length === 0 || readRecordMetadata(blob.metadata).sha256 === undefined ? 'withoutDigest' : undefined;
}

/** Whether the metadata of a record name this key, in whatever cloud. */
export function isOfKey(metadata: StoredBlob['metadata'], source: SourceId, keyName: string): boolean {
  const { keyId } = readRecordMetadata(metadata);
  const named = keyId === undefined ? undefined : splitKeyId(keyId);
  return (
    named !== undefined &&
    named.version === undefined &&
    named.host.split('.', 1)[0] === source.name &&
    named.name.toLowerCase() === keyName.toLowerCase()
  );
}
