import { decodeMarks, encodeMarks, markDays } from '../../coverage/calendar.ts';
import type { KeyCoverage } from '../../coverage/coverage.ts';
import type { Day } from '../../model/day.ts';
import type { AuditedFolder, AuditedKey } from '../../records/audit-document.ts';
import type { StoredAudit } from '../../records/stored-audits.ts';

export interface KeyContext {
  readonly source: string;
  readonly now: Date;
  readonly maxAgeHours: number;
  readonly previous: StoredAudit | undefined;
  readonly failedDays: ReadonlySet<Day> | undefined;
  readonly drilledAt: string | undefined;
  /** Without an audit before, nothing was due before the first run that is known. */
  readonly firstRunAt: Date | undefined;
}

/** One key as the audit writes it, before its versions are looked at: what is known of those stays. */
export function auditedKey(covered: KeyCoverage, context: KeyContext): AuditedKey {
  const { previousKey, listed, record, folder, changedAt } = covered;
  const id = listed?.id ?? previousKey?.id;
  const enabled = listed?.enabled ?? previousKey?.enabled;
  const updatedAt = listed?.updatedAt?.toISOString() ?? previousKey?.updatedAt;
  const drilledAt = context.drilledAt ?? previousKey?.drilledAt;
  const counted = folderOf(covered, context.now);
  const altered = alteredOf(covered);
  return {
    source: context.source,
    key: covered.key,
    ...(id && { id }),
    status: covered.status,
    ...(enabled !== undefined && { enabled }),
    ...(updatedAt && { updatedAt }),
    firstSeenAt: covered.firstSeenAt.toISOString(),
    ...(record && { record }),
    ...(altered.length > 0 && { altered: [...altered] }),
    ...(changedAt && { changedAt: changedAt.toISOString() }),
    ...(counted && { folder: counted }),
    ...(previousKey?.versions && { versions: previousKey.versions }),
    ...(previousKey?.lost && { lost: previousKey.lost }),
    ...(drilledAt && { drilledAt }),
    days: daysOf(covered, folder?.days ?? new Map(), context),
  };
}

function folderOf({ folder, previousKey }: KeyCoverage, now: Date): AuditedFolder | undefined {
  if (folder?.counted === undefined) return previousKey?.folder;
  return { listedAt: now.toISOString(), ...folder.counted };
}

const maxAltered = 50;

function alteredOf({ folder, previousKey }: KeyCoverage): readonly string[] {
  const known = previousKey?.altered ?? [];
  const name = folder?.known === 'altered' ? previousKey?.record?.blobName : undefined;
  return name === undefined ? known : [...known, name].slice(-maxAltered);
}

function daysOf(covered: KeyCoverage, backups: ReadonlyMap<Day, Date>, context: KeyContext): string {
  const { previousKey, record, status, firstSeenAt } = covered;
  const { previous, now, firstRunAt } = context;
  const timeOf = (one: typeof record): Date | undefined => one && new Date(one.late ? one.backedUpAt : one.createdAt);
  const dueSince =
    previous === undefined && firstRunAt !== undefined && firstRunAt > firstSeenAt ? firstRunAt : firstSeenAt;
  return encodeMarks(
    markDays(
      {
        previous: previousKey &&
          previous && {
            from: previous.head.calendar.from,
            marks: decodeMarks(previousKey.days),
            recordAt: timeOf(previousKey.record),
          },
        backups,
        failures: context.failedDays ?? new Set(),
        status,
        dueSince: previous === undefined && firstRunAt === undefined ? now : dueSince,
        recordAt: timeOf(record),
      },
      context.maxAgeHours,
      now,
    ),
  );
}
