import type { StoredRecord } from '../../escrow/records/stored-record.ts';

/** What `sha256sum -c` reads: the digest as it was when the record was written, two spaces, the path. */
export function sumsOf(records: readonly StoredRecord[]): string {
  return records
    .flatMap(({ blobName, sha256 }) => (sha256 === undefined ? [] : [`${sha256}  ${blobName}\n`]))
    .sort((left, right) => (left.slice(66) < right.slice(66) ? -1 : 1))
    .join('');
}
