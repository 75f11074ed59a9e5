import type { KeyCoverage } from '../../coverage/coverage.ts';
import { presentVersions } from '../../coverage/witness.ts';
import { count, digits } from '../../model/count.ts';
import { requiresBackup } from '../../model/coverage-status.ts';
import { dayMs } from '../../model/day.ts';
import {
  describeAge,
  type Finding,
  type FindingKind,
  type FindingText,
  findingsOf,
  found,
  instant,
  type MakeFinding,
} from '../../model/finding.ts';
import { notFoundText } from '../../model/selection.ts';
import type { SourceId } from '../../model/source.ts';
import { type AuditedKey, type AuditedRecord, timeOfRecord } from '../../records/audit-document.ts';
import type { BlobFault } from '../../records/blob-fault.ts';

/** So long the loss of a key fails the audit; afterwards it is a warning, for what was lost does not come back by itself. */
const lossIsGapMs = 7 * dayMs;
/** Versions of one key: the service times out when a key of more than 500 is backed up. */
const versionWarning = 400;
export const versionLimit = 500;

const backUp = 'back the key up now: `keyvault-escrow enqueue`';
const whoWrote = 'find out who wrote it (storage logs)';
const distrust = `Do not restore from it, and ${whoWrote}.`;
const replaceIt = `Do not restore from it, ${whoWrote}, and ${backUp}.`;

export interface KeyCheckContext {
  readonly source: SourceId;
  readonly now: Date;
  readonly maxAgeHours: number;
  /** Why the key failed in the last run that says so. */
  readonly lastFailure: string | undefined;
}

/** What its listing and its folder show. */
export function checkCoverage(covered: KeyCoverage, context: KeyCheckContext): Finding[] {
  const of = findingsOf({ source: context.source, key: covered.key });
  const { record, status } = covered;
  return found(
    ...recordChecks(covered, of),
    statusCheck(covered, context, of),
    changeCheck(covered, context, of),
    record?.notReadable &&
      of('recordNotReadable', requiresBackup(status) ? 'gap' : 'warning', {
        ...unreadableTexts[record.notReadable],
        detail: record.blobName,
      }),
  );
}

/** What its versions show: whether it is the key that audits knew. */
export function checkIdentity(source: SourceId, audited: AuditedKey, now: Date): Finding[] {
  const of = findingsOf({ source, key: audited.key });
  return found(lossCheck(audited, now, of), versionCheck(audited, of));
}

function recordChecks({ folder, previousKey, record }: KeyCoverage, of: MakeFinding): Finding[] {
  const knownName = previousKey?.record?.blobName;
  const counts = folder?.countedAgain;
  const were = previousKey?.folder;
  const faults = [...(folder?.faults ?? [])].map(([fault, { blobs, example }]) => {
    const [kind, severity, reason, remedy = distrust] = faultFindings[fault];
    return of(kind, severity, { reason, detail: blobs === 1 ? example : `${example} and ${blobs - 1} more`, remedy });
  });
  return found(
    folder?.known === 'missing' &&
      of('recordMissing', 'gap', {
        reason: 'the record that the last audit saw is gone',
        detail: knownName,
        remedy: `Find out who removed it (storage logs, soft-deleted blobs), undelete it if you can, and ${backUp}.`,
      }),
    folder?.known === 'altered' &&
      of('recordAltered', 'gap', {
        reason: 'the record that the last audit saw has been altered since',
        detail: knownName,
        remedy: replaceIt,
      }),
    counts !== undefined &&
      were !== undefined &&
      counts.digest !== were.digest &&
      of('olderRecordsAltered', 'gap', {
        reason: 'its older records are not what they were when all were last listed',
        detail: `${count(were.blobs, 'blob')} before ${instant(new Date(were.before))} then, ${digits(counts.blobs)} now`,
        remedy:
          'Find out who removed or altered them (storage logs, soft-deleted blobs), and run verify --all for this key.',
      }),
    ...faults,
    folder?.isOverfull &&
      folder.isComplete &&
      of('tooManyBlobs', 'warning', {
        reason: 'its folder holds more blobs than an audit looks at: only the last days were',
        detail: record?.blobName,
        remedy: `The newest record is known, older ones are not looked at: ${whoWrote}.`,
      }),
    record?.unproven &&
      of('recordUnproven', 'warning', {
        reason: 'its newest record is late, and no audit knows its content',
        detail: record.blobName,
        remedy:
          'If the escrow was copied or the record imported, the next nightly run mends it; otherwise find out who wrote it.',
      }),
  );
}

/** As what each fault is reported; the remedy is `distrust` where there is no other. */
const faultFindings: Readonly<
  Record<BlobFault, readonly [kind: FindingKind, severity: Finding['severity'], reason: string, remedy?: string]>
> = {
  foreign: ['recordForeign', 'gap', 'a blob in its folder is, by its own metadata, not of this key'],
  tooLarge: ['recordForeign', 'gap', 'a blob in its folder is larger than any backup'],
  tooEarly: ['recordTooEarly', 'gap', 'a record was there before its run could begin: the app did not write it'],
  modified: ['recordAltered', 'gap', 'a record was altered after it was written', replaceIt],
  notBlockBlob: [
    'recordNotBlockBlob',
    'gap',
    'a record is not a block blob, so it can still be changed: the app did not write it',
  ],
  withoutDigest: [
    'recordWithoutDigest',
    'warning',
    'a record is empty or has no digest, so nobody can check it; it does not count',
  ],
  notARecord: [
    'recordForeign',
    'warning',
    'a blob in its folder is not a record',
    `The app writes no such blob: ${whoWrote}.`,
  ],
};

function statusCheck(
  { status, record, ageMs, previousKey, listed, folder }: KeyCoverage,
  { lastFailure }: KeyCheckContext,
  of: MakeFinding,
): Finding | undefined {
  const why = lastFailure && `its last run said: ${lastFailure}`;
  switch (status) {
    case 'stale': {
      if (record === undefined) return undefined;
      const ofWhen = `of ${instant(new Date(timeOfRecord(record)))}, ${describeAge(ageMs ?? 0)}`;
      return of('stale', 'gap', {
        reason: 'its newest record is too old',
        detail: why === undefined ? ofWhen : `${ofWhen}; ${why}`,
        remedy: `Mend what stops its runs, then ${backUp}.`,
      });
    }
    case 'never': {
      // What was lost a moment ago has not "never" been escrowed: its missing record says it all.
      if (folder?.known === 'missing' || folder?.known === 'altered') return undefined;
      return of('neverEscrowed', 'gap', {
        reason: 'it has no record that counts, although a run or the maximal age has passed',
        detail: why,
        remedy: `See why the run left it out, then ${backUp}.`,
      });
    }
    case 'gone': {
      if (previousKey === undefined && record === undefined && listed === undefined) {
        return of('configuredKeyNotFound', 'gap', notFoundText);
      }
      return of('keyGone', 'gap', {
        reason: 'it is gone: it was listed before and no longer is',
        detail: record === undefined ? 'there is no record of it' : `newest record ${record.blobName}`,
        remedy:
          'If it was deleted by mistake, recover it while it is soft-deleted, or restore it from its newest record; if it is meant to be gone, add it to "retired".',
      });
    }
    default:
      return undefined;
  }
}

function changeCheck({ changedAt, record }: KeyCoverage, { now, maxAgeHours }: KeyCheckContext, of: MakeFinding) {
  if (changedAt === undefined || record === undefined) return undefined;
  const isOld = now.getTime() - changedAt.getTime() > maxAgeHours * 3_600_000;
  return of('changedSinceBackup', isOld ? 'gap' : 'warning', {
    reason: 'it has changed since its newest record was made, which may lack the change',
    detail: `changed ${instant(changedAt)}, backed up ${instant(new Date(record.backedUpAt))}`,
    remedy: `The next run backs it up; if that is too late, ${backUp}.`,
  });
}

const unreadableTexts: Readonly<Record<NonNullable<AuditedRecord['notReadable']>, FindingText>> = {
  archived: {
    reason: 'its newest record is in the archive tier and cannot be read now',
    remedy:
      'Rehydrate it (az storage blob set-tier --tier Hot --rehydrate-priority High); that takes hours. See which rule moved it.',
  },
  rehydrating: {
    reason: 'its newest record is on its way back from the archive tier and cannot be read yet',
    remedy: 'Wait: rehydrating takes hours.',
  },
  copyPending: {
    reason: 'its newest record is a copy that is not finished',
    remedy: `Wait for the copy, or copy it again; if nobody copies, ${whoWrote}.`,
  },
  customerKey: {
    reason: 'its newest record is encrypted with a key that only whoever wrote it has',
    remedy: `Nobody else can read it: ${whoWrote}, and ${backUp}.`,
  },
};

/** It has the name of a key that audits knew, and is not that key. */
function lossCheck({ lost, status }: AuditedKey, now: Date, of: MakeFinding): Finding | undefined {
  if (lost === undefined || status === 'gone') return undefined;
  const { how, since, lastRecord } = lost;
  const severity = now.getTime() - Date.parse(since) < lossIsGapMs ? 'gap' : 'warning';
  const old =
    lastRecord === undefined ? 'no record of the old key is known' : `last record of the old key: ${lastRecord}`;
  const detail = `seen ${instant(new Date(since))}; ${old}`;
  return of(how === 'replaced' ? 'keyReplaced' : 'keyRolledBack', severity, { ...lossTexts[how], detail });
}

const lossTexts: Readonly<Record<NonNullable<AuditedKey['lost']>['how'], FindingText>> = {
  replaced: {
    reason: 'it is another key: no version of the key that audits knew is left under this name',
    remedy:
      'What the old key encrypted needs the old key: restore it from its last record into another vault. If it was replaced on purpose, keep that record; this is a warning after a week.',
  },
  rolledBack: {
    reason: 'it lacks versions that audits saw: an older record was restored',
    remedy:
      'What the missing versions encrypted needs them: restore its last record into another vault. If it was rolled back on purpose, keep that record; this is a warning after a week.',
  },
};

function versionCheck({ versions }: AuditedKey, of: MakeFinding): Finding | undefined {
  const count = versions === undefined ? 0 : presentVersions(versions).length;
  if (count < versionWarning) return undefined;
  const isOver = count >= versionLimit;
  return of(isOver ? 'versionsOverLimit' : 'versionsNearLimit', isOver ? 'gap' : 'warning', {
    reason: isOver
      ? `it has ${versionLimit} versions or more, which the service fails to back up`
      : `it has more than ${versionWarning} versions; from ${versionLimit} on its backup may fail`,
    detail: `${count} versions`,
    remedy: 'Move its users to a new key: versions cannot be removed from a key.',
  });
}
