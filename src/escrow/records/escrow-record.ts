import { splitKeyId } from '../model/key-id.ts';
import { parseRunTime, timeMargin } from '../model/run-id.ts';
import type { RestorePlace, SourceId } from '../model/source.ts';
import { readRecordMetadata } from './record-metadata.ts';

export const recordContentType = 'application/octet-stream';

/** Where a record says that it can be restored. */
export function restorePlaceOf(metadata: Readonly<Record<string, string>>): RestorePlace {
  return readRecordMetadata(metadata).place;
}

/** Whether the metadata of a record name this key, in whatever cloud. */
export function isOfKey(metadata: Readonly<Record<string, string>>, source: SourceId, keyName: string): boolean {
  const { keyId } = readRecordMetadata(metadata);
  const named = keyId === undefined ? undefined : splitKeyId(keyId);
  return (
    named !== undefined &&
    named.version === undefined &&
    named.host.split('.', 1)[0] === source.name &&
    named.name.toLowerCase() === keyName.toLowerCase()
  );
}

/**
 * Whether a blob was there before a run of this id could begin: somebody has forged it, so that the run take it for its own
 * and leave its key without a backup. @param createdAt the storage service's time, which nobody can choose.
 */
export function precedesRun(createdAt: Date, runId: string): boolean {
  const runTime = parseRunTime(runId);
  return runTime !== undefined && precedesRunTime(createdAt, runTime);
}

/** The same, of a run whose time is known. */
export function precedesRunTime(createdAt: Date, runTime: Date): boolean {
  return createdAt.getTime() < runTime.getTime() - timeMargin;
}
