import type { Failure } from '../model/failure.ts';
import { describeSource } from '../model/source.ts';
import type { StoredRecord } from '../records/stored-record.ts';
import { ownFailure } from './own-failure.ts';
import type { LeftKey } from './restored-key.ts';
import { deletionLine } from './restored-key.ts';

const afterwards = 'Keep the record, find out who wrote it, and restore an older one (--at or --blob-name).';

/** A record that holds another key than it says. @param left where that key is now; absent: it was taken away, or never there. */
export function describeStranger(record: StoredRecord, reasons: readonly string[], left?: LeftKey): Failure {
  const { keyName, source, blobName } = record;
  const line = left === undefined ? '' : `Delete it: ${deletionLine(left.place, left.name)}. `;
  const place = left === undefined ? '' : `. It is in ${describeSource(left.place)} now, as key "${left.name}"`;
  return ownFailure({
    code: 'stranger',
    attempt: 'restore',
    subject: `key "${keyName}" of ${describeSource(source)}`,
    reason: `what the record "${blobName}" holds is not that key: ${reasons.join('; ')}${place}`,
    remedy: `${line}${afterwards}`,
  });
}
