import type { Failure } from '../model/failure.ts';
import { describeKey } from '../model/source.ts';
import type { RecordPick } from './record-pick.ts';
import type { StoredRecord } from './stored-record.ts';

/** What a person has to know about the choice of a record: whole sentences. */
export function describePick({ record, passedOver, allLate, onlyAltered }: RecordPick): string[] {
  const first = passedOver.slice(0, 3).map((over) => `Passed over: "${over.record.blobName}" ${over.obstacle.reason}.`);
  const more = passedOver.length - first.length;
  return [
    ...first,
    more > 0 && `Passed over: ${more} more like that.`,
    onlyAltered &&
      `Every record of key "${record.keyName}" was altered after it was written: what comes back counts only by what it is compared with.`,
    allLate &&
      `Every record of key "${record.keyName}" was created more than an hour after the backup that it says it holds, as by a copy of the escrow: they are ordered by what they say ("backedupat"), which nothing proves.`,
  ].filter((sentence) => typeof sentence === 'string');
}

/** Why an archived record cannot be restored now, and what to do. @param storeUrl of the container. */
export function describeArchived(
  record: StoredRecord,
  { newer, older }: NonNullable<RecordPick['archived']>,
  storeUrl: string,
): Failure & { readonly code: 'recordArchived' } {
  const { blobName, blob } = record;
  const back = blob.archiveStatus
    ? `It is on its way back (${blob.archiveStatus}), which takes up to 15 hours: try again then.`
    : `Bring it back, which takes up to 15 hours, less with --rehydrate-priority High: ${rehydrateLine(storeUrl, blobName)}.`;
  const remedies = [
    newer && `A newer one can be restored now: --blob-name ${newer.blobName}.`,
    older && `An older one can be restored now: --blob-name ${older.blobName}.`,
    back,
  ];
  return {
    code: 'recordArchived',
    attempt: 'restore',
    subject: describeKey(record),
    reason: `the record "${blobName}" is in the archive tier and cannot be read`,
    remedy: remedies.filter(Boolean).join(' '),
  };
}

/** The command line that brings a blob back from the archive. A tier may change inside an immutable container. */
function rehydrateLine(storeUrl: string, blobName: string): string {
  const url = new URL(storeUrl);
  const [account] = url.hostname.split('.', 1);
  const [, container] = url.pathname.split('/');
  return `az storage blob set-tier --account-name ${account} --container-name ${container} --name ${blobName} --tier Hot --rehydrate-priority High --auth-mode login`;
}
