import { createHash } from 'node:crypto';
import { dayMs, dayOf } from '../model/day.ts';
import { scheduledRunId, timeMargin } from '../model/run-id.ts';
import type { SourceId } from '../model/source.ts';
import type { EscrowStore, ListedBlob, StoredBlob } from '../ports/escrow-store.ts';
import type { AuditedRecord } from '../records/audit-document.ts';
import { type BlobFault, faultOfBlob } from '../records/blob-fault.ts';
import { recordPrefix } from '../records/blob-names.ts';
import { eachListed } from '../records/bounded-read.ts';
import { newestOrderFirst, orderOf, type RecordOrder } from '../records/record-order.ts';

/** What a key's folder holds, or the part of it that was listed. Its size does not grow with the folder. */
export type RecordFolder = Awaited<ReturnType<typeof readFolder>>;

export interface FolderQuestion {
  readonly source: SourceId;
  readonly key: string;
  /** The first name, in the order of names; absent: the whole folder. */
  readonly startFrom?: string | undefined;
  /** What is named by a later run cannot have been written by one yet. */
  readonly now: Date;
  /** Days and faults are noted from then on. */
  readonly daysSince: Date;
  readonly faultsSince: Date;
  /** As an earlier audit of this store saw it. */
  readonly known?: AuditedRecord | undefined;
  /** Names of records that count no longer. */
  readonly altered?: readonly string[] | undefined;
  /** Counts of a whole folder: what was created before these times. */
  readonly countBefore: Date;
  readonly countAgainBefore?: Date | undefined;
}

/** Lists a key's folder and keeps what coverage needs of it. One request per 5,000 blobs. */
export async function readFolder(store: EscrowStore, question: FolderQuestion, deadline: AbortSignal) {
  const { source, key, startFrom, known } = question;
  const options = { metadata: true, ...(startFrom !== undefined && { startFrom }) } as const;
  const counter = startFrom === undefined ? createCounter(question.countBefore) : undefined;
  const again =
    startFrom === undefined && question.countAgainBefore ? createCounter(question.countAgainBefore) : undefined;
  const lastOfDays = new Map<number, Date>();
  const faults = new Map<BlobFault, { blobs: number; example: string }>();
  let newest: { readonly blob: StoredBlob; readonly order: RecordOrder } | undefined;
  let oldestAt: Date | undefined;
  let found: 'untouched' | 'altered' | undefined;
  let lastName = '';
  const reachedEnd = await eachListed(store.list(recordPrefix(source, key), deadline, options), (blob) => {
    lastName = blob.name;
    if (known?.blobName === blob.name) found = isUntouched(blob, known) ? 'untouched' : 'altered';
    const fault = faultOfBlob(blob, source, key);
    if (fault !== undefined) {
      if (blob.createdAt >= question.faultsSince)
        faults.set(fault, { example: blob.name, blobs: (faults.get(fault)?.blobs ?? 0) + 1 });
      return;
    }
    counter?.add(blob);
    again?.add(blob);
    const isAltered = known?.blobName === blob.name && found === 'altered';
    if (isAltered || question.altered?.includes(blob.name)) return;
    const order = orderOf(blob);
    if (newest === undefined || newestOrderFirst(order, newest.order) < 0) newest = { blob, order };
    if (!order.isLate && (oldestAt === undefined || blob.createdAt < oldestAt)) oldestAt = blob.createdAt;
    if (order.time >= question.daysSince) noteDay(lastOfDays, order.time);
  });
  const soon = new Date(question.now.getTime() + timeMargin);
  const isComplete = reachedEnd || lastName > `${recordPrefix(source, key)}${scheduledRunId(soon)}~`;
  const isPassed =
    known !== undefined && known.blobName >= (startFrom ?? '') && (reachedEnd || lastName > known.blobName);
  return {
    newest: newest?.blob,
    /** Creation time of the oldest record that is not late. */
    oldestAt,
    /** When the last record of each day was made. */
    days: new Map(Array.from(lastOfDays.values(), (at) => [dayOf(at), at])),
    /** Young blobs that count for nothing: how many of each fault, and one of them. */
    faults,
    /** What became of the record that an earlier audit knew. */
    known: found ?? (isPassed ? ('missing' as const) : undefined),
    /** Whether the listing came to its end. */
    isComplete,
    /** It holds more blobs than are looked at, so that not its whole was looked at, or not all that was to be. */
    isOverfull: !reachedEnd,
    /** What was there before a time, of a whole folder; and the same before the time of an earlier count. */
    counted: isComplete ? counter?.count() : undefined,
    countedAgain: isComplete ? again?.count() : undefined,
  };
}

function isUntouched(blob: ListedBlob, known: AuditedRecord): boolean {
  return (
    blob.etag === known.etag &&
    blob.length === known.bytes &&
    blob.createdAt.toISOString() === known.createdAt &&
    blob.lastModified.toISOString() === known.lastModified
  );
}

/** By the number of the day since 1970: a record a day for years costs no text each. */
function noteDay(lastOfDays: Map<number, Date>, at: Date): void {
  const day = Math.floor(at.getTime() / dayMs);
  const known = lastOfDays.get(day);
  if (known === undefined || at > known) lastOfDays.set(day, at);
}

/** Counts and digests the records created before a time, which nobody can add to afterwards. In name order, as they are listed. */
function createCounter(before: Date) {
  const hash = createHash('sha256');
  let blobs = 0;
  let newestAt = 0;
  return {
    add({ name, etag, createdAt, length, contentMd5 = '' }: ListedBlob): void {
      if (createdAt >= before) return;
      blobs++;
      newestAt = Math.max(newestAt, createdAt.getTime());
      hash.update(`${name}\n${etag}\n${createdAt.toISOString()}\n${length}\n${contentMd5}\n`);
    },
    // Just after the newest of them: by a clock that is ahead, the time that was asked for would be still to come.
    count: () => ({ before: new Date(newestAt + 1).toISOString(), blobs, digest: hash.digest('base64url') }),
  };
}
