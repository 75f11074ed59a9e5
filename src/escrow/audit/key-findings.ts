import type { Failure } from '../model/failure.ts';
import { failureSentence } from '../model/failure.ts';
import type { Finding } from '../model/finding.ts';
import { asWarning, gap, instant } from '../model/finding.ts';
import type { SourceId } from '../model/source.ts';
import { describeSource } from '../model/source.ts';
import { sourcePath } from '../model/source-path.ts';
import type { RecordFault } from './newest-records.ts';

// What an audit says about one key. Each: reason, subject, remedy.

/** Versions of one key: the service times out when a key of more than 500 is backed up. */
export const versionWarning = 400;
export const versionLimit = 500;

export function neverEscrowed(source: SourceId, key: string, lastFailure: string | undefined): Finding {
  const why = lastFailure === undefined ? '' : ` Its last run said: ${lastFailure}`;
  const remedy = `See why the run left it out, then ${backUpNow(source, key)}.`;
  return gap('neverEscrowed', `${keyIn(key, source)} has never been escrowed.${why}`, remedy, { source, key });
}

export function staleRecord(
  source: SourceId,
  key: string,
  createdAt: Date,
  age: string,
  lastFailure: string | undefined,
): Finding {
  const why = lastFailure === undefined ? '' : ` Its last run said: ${lastFailure}`;
  const remedy = `Mend what stops its runs, then ${backUpNow(source, key)}.`;
  const reason = `${keyIn(key, source)} can be brought back only as of ${instant(createdAt)}: its newest record is ${age} old.${why}`;
  return gap('stale', reason, remedy, { source, key });
}

export function recordFault(source: SourceId, key: string, fault: RecordFault): Finding {
  const subject = `The record "${fault.blobName}" of key "${key}" in ${describeSource(source)}`;
  if (fault.fault === 'missing') {
    const remedy = `Find out who removed it (storage logs, soft-deleted blobs), undelete it if you can, and ${backUpNow(source, key)}.`;
    const reason = `${subject} is not there, though "${fault.claim.saidBy}" names it.`;
    return gap('recordMissing', reason, remedy, { source, key });
  }
  const remedy = `Do not restore from it; find out who wrote it (storage logs), and ${backUpNow(source, key)}.`;
  if (fault.fault === 'foreign') {
    const { blobName, saidBy } = fault;
    const whose = saidBy === undefined ? 'lies among those' : `is said by "${saidBy}" to be a record`;
    const reason = `The blob "${blobName}" ${whose} of key "${key}" in ${describeSource(source)}, but is none of that key: by its name or its metadata it is another's.`;
    return gap('recordForeign', reason, remedy, { source, key });
  }
  if (fault.fault === 'tooEarly') {
    const reason = `${subject} was there ${instant(fault.createdAt)}, before its run could begin: the app did not write it.`;
    return gap('recordTooEarly', reason, remedy, { source, key });
  }
  const { claim, found } = fault;
  const how =
    found.bytes === claim.bytes ? 'its digest is another' : `it has ${found.bytes} bytes instead of ${claim.bytes}`;
  return gap('recordAltered', `${subject} is not what "${claim.saidBy}" says: ${how}.`, remedy, { source, key });
}

export function keyGone(source: SourceId, key: string, blobName: string | undefined): Finding {
  const back = blobName === undefined ? ' (there is no record of it)' : `, or restore it from "${blobName}"`;
  const remedy = `If it was deleted by mistake, recover it while it is soft-deleted${back}; if it is meant to be gone, add it to "retired".`;
  return gap('keyGone', `${keyIn(key, source)} is gone: it was listed before and no longer is.`, remedy, {
    source,
    key,
  });
}

/** A key of the escrow's own gave its name to a certificate, whose key cannot be backed up. */
export function keyReplaced(source: SourceId, key: string, blobName: string): Finding {
  const remedy = `If that was a mistake, restore the key from "${blobName}" into another vault; back up the certificate as such.`;
  const reason = `${keyIn(key, source)} is gone: a certificate of the same name is in its place.`;
  return gap('keyGone', reason, remedy, { source, key });
}

export function certificateGone(source: SourceId, key: string): Finding {
  const remedy =
    'If it was deleted by mistake, recover the certificate while it is soft-deleted: the escrow has no backup of it.';
  const reason = `${keyIn(key, source)}, which belonged to a certificate, is gone.`;
  return asWarning(gap('keyGone', reason, remedy, { source, key }));
}

export function configuredKeyMissing(source: SourceId, key: string): Finding {
  const remedy = 'Restore or recover the key, or take its name out of "keys" (or into "retired").';
  return gap('configuredKeyNotFound', `${keyIn(key, source)} is named in "keys" but not there.`, remedy, {
    source,
    key,
  });
}

export function manyVersions(source: SourceId, key: string, count: number): Finding | undefined {
  if (count < versionWarning) return undefined;
  const isOver = count >= versionLimit;
  const remedy = 'Move its users to a new key: versions cannot be removed from a key.';
  const consequence = isOver
    ? `the service fails to back up keys of more than ${versionLimit}`
    : `from ${versionLimit} on its backup may fail`;
  const reason = `${keyIn(key, source)} has ${count} versions; ${consequence}.`;
  const found = gap(isOver ? 'versionsOverLimit' : 'versionsNearLimit', reason, remedy, { source, key });
  return isOver ? found : asWarning(found);
}

/** @param failure of reading the versions of a key. */
export function versionsUncounted(source: SourceId, key: string, failure: Failure): Finding {
  const { remedy } = failure;
  const message = failureSentence(failure);
  return { finding: 'versionsUncounted', severity: 'warning', source: sourcePath(source), key, message, remedy };
}

function keyIn(key: string, source: SourceId): string {
  return `Key "${key}" in ${describeSource(source)}`;
}

const backUpNow = (source: SourceId, key: string): string =>
  `enqueue {"${source.kind === 'vault' ? 'vaultName' : 'hsmName'}":"${source.name}","name":"${key}"}`;
