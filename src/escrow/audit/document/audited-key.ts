import { decodeMarks, encodeMarks, markDays } from '../../coverage/calendar.ts';
import type { KeyCoverage } from '../../coverage/coverage.ts';
import type { Day } from '../../model/day.ts';
import { sourcePath } from '../../model/source.ts';
import { type AuditedFolder, type AuditedKey, type AuditedRecord, timeOfRecord } from '../../records/audit-document.ts';
import type { SourceAuditContext, SourceToAudit } from '../inputs/audit-inputs.ts';
import { drilledKey } from '../inputs/drill-history.ts';

/** One key as the audit writes it, before its versions are looked at: what is known of those stays. */
export function auditedKey(covered: KeyCoverage, subject: SourceToAudit, context: SourceAuditContext): AuditedKey {
  const { previousKey, listed, changedAt } = covered;
  const source = sourcePath(subject.source);
  return {
    source,
    key: covered.key,
    id: listed?.id ?? previousKey?.id,
    status: covered.status,
    enabled: listed?.enabled ?? previousKey?.enabled,
    updatedAt: listed?.updatedAt?.toISOString() ?? previousKey?.updatedAt,
    firstSeenAt: covered.firstSeenAt.toISOString(),
    record: covered.record,
    altered: alteredOf(covered),
    changedAt: changedAt?.toISOString(),
    folder: folderOf(covered, context.now),
    versions: previousKey?.versions,
    lost: knownLoss(covered, context.now),
    drilledAt: drilledAtOf(covered, context.drills.tried.get(drilledKey(source, covered.key))),
    days: daysOf(covered, subject, context),
  };
}

/** A drill that did not prove the key takes the proof of an earlier one away. One from before it was replaced says nothing of it. */
function drilledAtOf(
  { previousKey }: KeyCoverage,
  tried: { readonly at: string; readonly isProven: boolean } | undefined,
): string | undefined {
  const { drilledAt: known, lost } = previousKey ?? {};
  // An audit reads the receipts of the last hours before the latest one again.
  if (lost?.how === 'replaced' && tried !== undefined && tried.at <= lost.since) return known;
  if (tried === undefined || (known !== undefined && known > tried.at)) return known;
  return tried.isProven ? tried.at : undefined;
}

/** The loss that audits know of, or that its listing shows: a certificate of the same name has the place of a key that was backed up. */
export function knownLoss({ previousKey, status }: KeyCoverage, now: Date): AuditedKey['lost'] {
  if (previousKey?.lost !== undefined) return previousKey.lost;
  const lastRecord = previousKey?.record?.blobName;
  const isTaken = status === 'certificateBacked' && previousKey?.status !== status && lastRecord !== undefined;
  return isTaken ? { how: 'replaced', since: now.toISOString(), lastRecord } : undefined;
}

function folderOf({ folder, previousKey }: KeyCoverage, now: Date): AuditedFolder | undefined {
  if (folder?.counted === undefined) return previousKey?.folder;
  return { listedAt: now.toISOString(), ...folder.counted };
}

const maxAltered = 50;

function alteredOf({ folder, previousKey }: KeyCoverage): string[] | undefined {
  const known = previousKey?.altered;
  const name = folder?.known === 'altered' ? previousKey?.record?.blobName : undefined;
  return name === undefined ? known : [...(known ?? []), name].slice(-maxAltered);
}

function daysOf(covered: KeyCoverage, { history }: SourceToAudit, context: SourceAuditContext): string {
  const { previousKey, record, status, firstSeenAt, folder } = covered;
  const { previous, now, maxAgeHours } = context;
  const timeOf = (one: AuditedRecord | undefined): Date | undefined => one && new Date(timeOfRecord(one));
  // Without an audit before, nothing was due before the first run that is known.
  const firstRunAt = previous === undefined ? (history.runs[0]?.startedAt ?? now) : undefined;
  const days = {
    previous: previousKey &&
      previous && {
        from: previous.head.calendar.from,
        marks: decodeMarks(previousKey.days),
        recordAt: timeOf(previousKey.record),
      },
    backups: folder?.days ?? new Map<Day, Date>(),
    failures: history.failures.get(covered.key.toLowerCase())?.days ?? new Set<Day>(),
    status,
    dueSince: firstRunAt !== undefined && firstRunAt > firstSeenAt ? firstRunAt : firstSeenAt,
    recordAt: timeOf(record),
  };
  return encodeMarks(markDays(days, maxAgeHours, now));
}
