import { type CoverageStatus, requiresBackup } from '../model/coverage-status.ts';
import { describeFailure, type Failure } from '../model/failure.ts';
import { literalKeys, skipReasonOf } from '../model/selection.ts';
import { type EscrowSource, sourcePath } from '../model/source.ts';
import type { SourceKey } from '../model/source-key.ts';
import type { StoredBlob } from '../ports/escrow-store.ts';
import type { KeySource } from '../ports/key-source.ts';
import { type AuditedKey, type AuditedRecord, timeOfRecord } from '../records/audit-document.ts';
import { inParallel } from '../records/bounded-read.ts';
import { readRecordMetadata } from '../records/record-metadata.ts';
import { backedUpAt, orderOf } from '../records/record-order.ts';
import type { StoredAudit } from '../records/stored-audits.ts';
import { type CoverageContext, freshSinceOf } from './coverage-context.ts';
import { lookIntoFolder } from './look-into-folder.ts';
import type { RecordFolder } from './record-folder.ts';

/** Where one key stands, and its newest record. */
export type KeyCoverage = NonNullable<Awaited<ReturnType<typeof coverKey>>>;

export interface SourceCoverage<T> {
  readonly source: EscrowSource;
  /** Why the source could not be listed; its keys are then those known from before. */
  readonly unreadable: Failure | undefined;
  /** By lower-case name; empty with `unreadable`. */
  readonly listed: ReadonlyMap<string, SourceKey>;
  /** Names of keys that the latest audit knew as those of certificates, and that the source lists no longer. */
  readonly certificatesGone: readonly string[];
  /** In order of their names. */
  readonly keys: readonly T[];
}

export interface SourceToCover {
  readonly source: EscrowSource;
  readonly keys: KeySource;
  /** When the newest run over it began that has ended. */
  readonly lastRunAt: Date | undefined;
  /** Names of keys, lower-case, whose whole folder is listed in place of its last days. */
  wholeFolders(names: readonly string[]): ReadonlySet<string>;
}

/** Storage takes far more at once than a vault does. */
const foldersAtOnce = 32;

/**
 * Lists a source and finds the newest record of each key that is, was or should be there, in the key's own folder. One listing
 * request per key, one more where its last days hold no fresh record.
 * @param each is called for each key as soon as it is covered, so that nothing but its result is held.
 */
export async function coverSource<T>(
  subject: SourceToCover,
  context: CoverageContext,
  each: (key: KeyCoverage) => T,
): Promise<SourceCoverage<T>> {
  const { source, keys } = subject;
  const listed = new Map<string, SourceKey>();
  let unreadable: Failure | undefined;
  try {
    for await (const key of keys.listKeys(context.deadline)) listed.set(key.name.toLowerCase(), key);
  } catch (error) {
    listed.clear();
    unreadable = describeFailure(error, 'list', source);
  }
  const path = sourcePath(source);
  const remembered = context.previous?.namesOf(path) ?? [];
  const names = [...new Set([...listed.keys(), ...remembered, ...literalKeys(source)])].sort();
  const whole = subject.wholeFolders(names);
  const covered: (T | undefined)[] = [];
  const certificatesGone: string[] = [];
  await inParallel(names, foldersAtOnce, async (name, index) => {
    const shown = listed.get(name);
    const known = context.previous?.find(path, name);
    const isThere = shown !== undefined || (unreadable !== undefined && known?.status !== 'gone');
    if (known?.status === 'certificateBacked' && !isThere) certificatesGone.push(known.key);
    const key = await coverKey({ name, shown, known, isThere, isWhole: whole.has(name) }, subject, context);
    covered[index] = key && each(key);
  });
  return { source, unreadable, listed, certificatesGone, keys: covered.filter((key) => key !== undefined) };
}

interface KeyToCover {
  readonly name: string;
  readonly shown: SourceKey | undefined;
  readonly known: AuditedKey | undefined;
  readonly isThere: boolean;
  readonly isWhole: boolean;
}

/** @returns undefined for a key that is not there, needs no backup, and of which nothing is remembered. */
async function coverKey(
  { name, shown, known, isThere, isWhole }: KeyToCover,
  { source, lastRunAt }: SourceToCover,
  context: CoverageContext,
) {
  const { now, previous } = context;
  const remembered = { name: known?.key ?? name, certificateBacked: known?.status === 'certificateBacked' };
  const skip = skipReasonOf(source, shown ?? remembered);
  const hasLeftSomething = known?.record !== undefined || known?.versions !== undefined;
  if (!isThere && skip !== undefined && !hasLeftSomething) return undefined;
  // A key that needs no backup any more keeps its record; of the others without one none is expected.
  const isSearched = skip === undefined || known?.record !== undefined;
  const looked = isSearched ? await lookIntoFolder(source, name, known, isWhole, context) : undefined;
  const folder = looked?.folder;
  const isLookedAt = !isSearched || folder?.isComplete === true;
  const newest = isLookedAt ? folder?.newest : undefined;
  const record = newest ? auditedRecord(newest, known) : isLookedAt ? undefined : known?.record;
  const recordAt = record && new Date(timeOfRecord(record));
  // No run backs up the changes of a key that needs no backup.
  const updatedAt = skip === undefined ? shown?.updatedAt : undefined;
  const hasChanged = record !== undefined && updatedAt !== undefined && updatedAt > new Date(record.backedUpAt);
  const firstSeenAt = firstSeen(shown, known, skip === undefined, previous?.head, now);
  const isOld = (at: Date): boolean => at < freshSinceOf(context);
  const judge = (): CoverageStatus => {
    if (skip !== undefined) return skip;
    if (!isThere) return 'gone';
    if (!isLookedAt) return 'notLookedAt';
    if (recordAt !== undefined) return isOld(recordAt) ? 'stale' : 'fresh';
    // A report of a run may be false: it can only make a key look worse.
    const hasRunSince = lastRunAt !== undefined && lastRunAt > firstSeenAt;
    const isOverdue = known !== undefined && isOld(firstSeenAt);
    return hasRunSince || isOverdue || known?.status === 'never' ? 'never' : 'pending';
  };
  return {
    /** In the service's casing where it shows the key. */
    key: shown?.name ?? known?.key ?? name,
    status: judge(),
    /** As the source lists it now; absent when it does not, or could not be asked. */
    listed: shown,
    /** As the latest audit knew it. */
    previousKey: known,
    firstSeenAt,
    record,
    /** Where the newest record says that it can be restored. */
    place: newest && readRecordMetadata(newest.metadata).place,
    /** Milliseconds, of the time that the record stands for. */
    ageMs: recordAt && Math.max(0, now.getTime() - recordAt.getTime()),
    /** When it changed after its newest record was made. */
    changedAt: hasChanged ? updatedAt : undefined,
    /** What its folder held; absent when nobody had to look, or could. */
    folder,
    /** Why its folder could not be looked at. */
    unreadable: looked?.unreadable,
  };
}

function auditedRecord(blob: NonNullable<RecordFolder['newest']>, known: AuditedKey | undefined): AuditedRecord {
  const { name, length, metadata, createdAt, lastModified, etag } = blob;
  const claimed = backedUpAt(blob);
  const { sha256 = '' } = readRecordMetadata(metadata);
  const { isLate: late } = orderOf(blob);
  const isKnown = known?.record?.sha256 === sha256 && known?.record.unproven === undefined;
  const unreadable = notReadable(blob);
  return {
    blobName: name,
    bytes: length,
    sha256,
    createdAt: createdAt.toISOString(),
    lastModified: lastModified.toISOString(),
    etag,
    // Never later than the record itself, whatever it says: it cannot hold a change that came after it.
    backedUpAt: (claimed !== undefined && claimed < createdAt ? claimed : createdAt).toISOString(),
    ...(late && { late }),
    ...(late && !isKnown && { unproven: true as const }),
    ...(unreadable && { notReadable: unreadable }),
  };
}

/** Why the bytes of a blob cannot be read now; undefined when they can. */
function notReadable(blob: StoredBlob): AuditedRecord['notReadable'] {
  if (blob.customerProvidedKey) return 'customerKey';
  if (blob.copyStatus !== undefined && blob.copyStatus !== 'success') return 'copyPending';
  if (blob.archiveStatus !== undefined) return 'rehydrating';
  return blob.tier?.toLowerCase() === 'archive' ? 'archived' : undefined;
}

/**
 * When a key became one that requires a backup: as the latest audit knew it; now, where that audit did not know it or had it
 * excluded; without any audit, the creation of its current version, when it must have existed.
 */
function firstSeen(
  shown: SourceKey | undefined,
  known: AuditedKey | undefined,
  isSelected: boolean,
  latest: StoredAudit['head'] | undefined,
  now: Date,
): Date {
  const seenAt = known && new Date(known.firstSeenAt);
  if (seenAt !== undefined && known !== undefined && requiresBackup(known.status) === isSelected) {
    return seenAt < now ? seenAt : now;
  }
  if (latest !== undefined) return now;
  return shown?.createdAt !== undefined && shown.createdAt < now ? shown.createdAt : now;
}
