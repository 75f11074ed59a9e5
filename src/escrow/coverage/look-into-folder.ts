import { addDays, calendarDays, dayMs, dayOf, stampOf } from '../model/day.ts';
import { describeFailure, type Failure } from '../model/failure.ts';
import { runTimeLagDays } from '../model/run-id.ts';
import { OutOfTime, ServiceError } from '../model/service-error.ts';
import type { EscrowSource } from '../model/source.ts';
import type { AuditedKey } from '../records/audit-document.ts';
import { recordPrefix } from '../records/blob-names.ts';
import { orderOf } from '../records/record-order.ts';
import { type CoverageContext, freshSinceOf } from './coverage-context.ts';
import { type FolderQuestion, type RecordFolder, readFolder } from './record-folder.ts';

/**
 * The last days of a key's folder, and the record that is remembered; the whole where that shows no fresh record. Whoever fills
 * a folder must not hide the key's newest record: where the whole is too much, its last days decide, and of those the last.
 * @param name of the key, lower-case.
 */
export async function lookIntoFolder(
  source: EscrowSource,
  name: string,
  known: AuditedKey | undefined,
  isWhole: boolean,
  context: CoverageContext,
): Promise<{ readonly folder?: RecordFolder; readonly unreadable?: Failure }> {
  const { store, now, previous, deadline } = context;
  const freshSince = freshSinceOf(context);
  // Creation times and ETags are those of one store: a copy has others.
  const isSameStore = previous?.head.container === store.url;
  const record = isSameStore ? known?.record : undefined;
  const lastCount = isSameStore ? known?.folder : undefined;
  const question: FolderQuestion = {
    source,
    key: name,
    now,
    daysSince: new Date(addDays(dayOf(now), 1 - calendarDays)),
    faultsSince: new Date(now.getTime() - runTimeLagDays * dayMs),
    known: record,
    altered: known?.altered,
    // The newest record is remembered by itself; nothing can be added among the older ones.
    countBefore: freshSince,
    countAgainBefore: lastCount && new Date(lastCount.before),
  };
  const firstOf = (daysBefore: number): string =>
    `${recordPrefix(source, name)}${stampOf(addDays(dayOf(freshSince), -daysBefore))}`;
  const lastDays = firstOf(runTimeLagDays);
  const remembered = record !== undefined && record.blobName < lastDays ? record.blobName : lastDays;
  const read = (startFrom?: string): Promise<RecordFolder> => readFolder(store, { ...question, startFrom }, deadline);
  try {
    const first = isWhole ? undefined : remembered;
    let folder = await read(first);
    for (const startFrom of [lastDays, firstOf(0)])
      if (!folder.isComplete && startFrom !== first) folder = instead(folder, await read(startFrom));
    const isFresh = folder.newest !== undefined && orderOf(folder.newest).time >= freshSince;
    if (isWhole || !folder.isComplete || folder.known === 'untouched' || isFresh) return { folder };
    const whole = await read();
    return { folder: whole.isComplete ? whole : { ...folder, isOverfull: true } };
  } catch (error) {
    if (!(error instanceof ServiceError) && !(error instanceof OutOfTime)) throw error;
    return { unreadable: describeFailure(error, 'readRecord', source, name) };
  }
}

/** A part of a folder in place of a larger one that was too much. */
function instead({ known }: RecordFolder, part: RecordFolder): RecordFolder {
  return { ...part, known: known ?? part.known, isOverfull: true };
}
