import type { KeyCoverage } from '../../coverage/coverage.ts';
import { presentVersions } from '../../coverage/witness.ts';
import { dayMs } from '../../model/day.ts';
import type { Finding, FindingKind, FindingText } from '../../model/finding.ts';
import { counted, describeAge, finding, instant } from '../../model/finding.ts';
import type { SourceId } from '../../model/source.ts';
import type { AuditedKey, AuditedRecord } from '../../records/audit-document.ts';
import type { BlobFault } from '../../records/blob-fault.ts';

// What is wrong with one key.

/** So long the loss of a key fails the audit; afterwards it is a warning, for what was lost does not come back by itself. */
const lossIsGapMs = 7 * dayMs;
/** Versions of one key: the service times out when a key of more than 500 is backed up. */
const versionWarning = 400;
export const versionLimit = 500;

const backUp = 'back the key up now: `keyvault-escrow enqueue`';
const whoWrote = 'find out who wrote it (storage logs)';

export interface KeyCheckContext {
  readonly source: SourceId;
  readonly now: Date;
  readonly maxAgeHours: number;
  /** Why the key failed in the last run that says so. */
  readonly lastFailure: string | undefined;
}

/** What its listing and its folder show. */
export function checkCoverage(covered: KeyCoverage, context: KeyCheckContext): Finding[] {
  const of = maker(context.source, covered.key);
  const findings = [...recordChecks(covered, of), ...statusChecks(covered, context, of)];
  const { status, previousKey, record } = covered;
  if (status === 'certificateBacked' && previousKey?.record !== undefined && previousKey.status !== status) {
    findings.push(
      of('keyGone', 'gap', {
        reason: 'it is gone, and a certificate of the same name is in its place',
        detail: `last record ${previousKey.record.blobName}`,
        remedy:
          'If that was a mistake, restore the key from its last record into another vault; back up the certificate as such.',
      }),
    );
  }
  const others = [changeCheck(covered, context, of), record && readabilityCheck(record, of)];
  return [...findings, ...others.filter((one) => one !== undefined)];
}

/** What its versions show: whether it is the key that audits knew. */
export function checkIdentity(source: SourceId, audited: AuditedKey, now: Date): Finding[] {
  const of = maker(source, audited.key);
  return [lossCheck(audited, now, of), versionCheck(audited, of)].filter((one) => one !== undefined);
}

function maker(source: SourceId, key: string): Make {
  return (kind, severity, text) => finding(kind, severity, text, { source, key });
}

type Make = (kind: FindingKind, severity: Finding['severity'], text: FindingText) => Finding;

function recordChecks({ folder, previousKey, record }: KeyCoverage, of: Make): Finding[] {
  const findings: Finding[] = [];
  const knownName = previousKey?.record?.blobName;
  if (folder?.known === 'missing') {
    findings.push(
      of('recordMissing', 'gap', {
        reason: 'the record that the last audit saw is gone',
        detail: knownName,
        remedy: `Find out who removed it (storage logs, soft-deleted blobs), undelete it if you can, and ${backUp}.`,
      }),
    );
  }
  if (folder?.known === 'altered') {
    findings.push(
      of('recordAltered', 'gap', {
        reason: 'the record that the last audit saw has been altered since',
        detail: knownName,
        remedy: `Do not restore from it, ${whoWrote}, and ${backUp}.`,
      }),
    );
  }
  const counts = folder?.countedAgain;
  const were = previousKey?.folder;
  if (counts !== undefined && were !== undefined && counts.digest !== were.digest) {
    const detail = `${counted(were.blobs, 'blob')} before ${instant(new Date(were.before))} then, ${counts.blobs} now`;
    findings.push(
      of('olderRecordsAltered', 'gap', {
        reason: 'its older records are not what they were when all were last listed',
        detail,
        remedy:
          'Find out who removed or altered them (storage logs, soft-deleted blobs), and run verify --all for this key.',
      }),
    );
  }
  for (const [fault, { blobs, example }] of folder?.faults ?? []) {
    const { kind, severity, reason, remedy } = faultTexts[fault];
    const detail = blobs === 1 ? example : `${example} and ${blobs - 1} more`;
    findings.push(of(kind, severity, { reason, detail, remedy }));
  }
  if (folder?.isOverfull && folder.isComplete) {
    findings.push(
      of('tooManyBlobs', 'warning', {
        reason: 'its folder holds more blobs than an audit looks at: only the last days were',
        detail: record?.blobName,
        remedy: `The newest record is known, older ones are not looked at: ${whoWrote}.`,
      }),
    );
  }
  if (record?.unproven) {
    findings.push(
      of('recordUnproven', 'warning', {
        reason: 'its newest record is late, and no audit knows its content',
        detail: record.blobName,
        remedy:
          'If the escrow was copied or the record imported, the next nightly run mends it; otherwise find out who wrote it.',
      }),
    );
  }
  return findings;
}

const faultTexts: Readonly<
  Record<BlobFault, FindingText & { readonly kind: FindingKind; readonly severity: Finding['severity'] }>
> = {
  foreign: {
    kind: 'recordForeign',
    severity: 'gap',
    reason: 'a blob in its folder is, by its own metadata, not of this key',
    remedy: `Do not restore from it, and ${whoWrote}.`,
  },
  tooEarly: {
    kind: 'recordTooEarly',
    severity: 'gap',
    reason: 'a record was there before its run could begin: the app did not write it',
    remedy: `Do not restore from it, and ${whoWrote}.`,
  },
  modified: {
    kind: 'recordAltered',
    severity: 'gap',
    reason: 'a record was altered after it was written',
    remedy: `Do not restore from it, ${whoWrote}, and ${backUp}.`,
  },
  notBlockBlob: {
    kind: 'recordNotBlockBlob',
    severity: 'gap',
    reason: 'a record is not a block blob, so it can still be changed: the app did not write it',
    remedy: `Do not restore from it, and ${whoWrote}.`,
  },
  withoutDigest: {
    kind: 'recordWithoutDigest',
    severity: 'warning',
    reason: 'a record is empty or has no digest, so nobody can check it; it does not count',
    remedy: `Do not restore from it, and ${whoWrote}.`,
  },
  notARecord: {
    kind: 'recordForeign',
    severity: 'warning',
    reason: 'a blob in its folder is not a record',
    remedy: `The app writes no such blob: ${whoWrote}.`,
  },
};

function statusChecks(
  { status, record, ageMs, previousKey, listed, folder }: KeyCoverage,
  context: KeyCheckContext,
  of: Make,
): Finding[] {
  const { lastFailure, maxAgeHours } = context;
  const why = lastFailure === undefined ? '' : `; its last run said: ${lastFailure}`;
  switch (status) {
    case 'stale': {
      if (record === undefined || (ageMs ?? 0) <= maxAgeHours * 3_600_000) return [];
      const at = new Date(record.late ? record.backedUpAt : record.createdAt);
      return [
        of('stale', 'gap', {
          reason: 'its newest record is too old',
          detail: `of ${instant(at)}, ${describeAge(ageMs ?? 0)}${why}`,
          remedy: `Mend what stops its runs, then ${backUp}.`,
        }),
      ];
    }
    case 'never': {
      // What was lost a moment ago has not "never" been escrowed: its missing record says it all.
      if (folder?.known === 'missing' || folder?.known === 'altered') return [];
      return [
        of('neverEscrowed', 'gap', {
          reason: 'it has no record that counts, although a run or the maximal age has passed',
          detail: lastFailure && `its last run said: ${lastFailure}`,
          remedy: `See why the run left it out, then ${backUp}.`,
        }),
      ];
    }
    case 'gone': {
      if (previousKey === undefined && record === undefined && listed === undefined) {
        return [
          of('configuredKeyNotFound', 'gap', {
            reason: 'it is named in "keys" but not there',
            remedy: 'Restore or recover the key, or take its name out of "keys" (or into "retired").',
          }),
        ];
      }
      return [
        of('keyGone', 'gap', {
          reason: 'it is gone: it was listed before and no longer is',
          detail: record === undefined ? 'there is no record of it' : `newest record ${record.blobName}`,
          remedy:
            'If it was deleted by mistake, recover it while it is soft-deleted, or restore it from its newest record; if it is meant to be gone, add it to "retired".',
        }),
      ];
    }
    default:
      return [];
  }
}

function changeCheck({ changedAt, record }: KeyCoverage, { now, maxAgeHours }: KeyCheckContext, of: Make) {
  if (changedAt === undefined || record === undefined) return undefined;
  const isOld = now.getTime() - changedAt.getTime() > maxAgeHours * 3_600_000;
  return of('changedSinceBackup', isOld ? 'gap' : 'warning', {
    reason: 'it has changed since its newest record was made, which may lack the change',
    detail: `changed ${instant(changedAt)}, backed up ${instant(new Date(record.backedUpAt))}`,
    remedy: `The next run backs it up; if that is too late, ${backUp}.`,
  });
}

const unreadableTexts: Readonly<Record<NonNullable<AuditedRecord['notReadable']>, Omit<FindingText, 'detail'>>> = {
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

function readabilityCheck({ notReadable, blobName }: AuditedRecord, of: Make): Finding | undefined {
  return notReadable && of('recordNotReadable', 'gap', { ...unreadableTexts[notReadable], detail: blobName });
}

/** It has the name of a key that audits knew, and is not that key. */
function lossCheck({ lost, status }: AuditedKey, now: Date, of: Make): Finding | undefined {
  if (lost === undefined || status === 'gone') return undefined;
  const severity = now.getTime() - Date.parse(lost.since) < lossIsGapMs ? 'gap' : 'warning';
  const lastRecord =
    lost.lastRecord === undefined
      ? 'no record of the old key is known'
      : `last record of the old key: ${lost.lastRecord}`;
  const detail = `seen ${instant(new Date(lost.since))}; ${lastRecord}`;
  if (lost.how === 'replaced') {
    return of('keyReplaced', severity, {
      reason: 'it is another key: no version of the key that audits knew is left under this name',
      detail,
      remedy:
        'What the old key encrypted needs the old key: restore it from its last record into another vault. If it was replaced on purpose, keep that record; this is a warning after a week.',
    });
  }
  return of('keyRolledBack', severity, {
    reason: 'it lacks versions that audits saw: an older record was restored',
    detail,
    remedy:
      'What the missing versions encrypted needs them: restore its last record into another vault. If it was rolled back on purpose, keep that record; this is a warning after a week.',
  });
}

function versionCheck({ versions }: AuditedKey, of: Make): Finding | undefined {
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
