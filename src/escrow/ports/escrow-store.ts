import type { BlobBytes } from './blob-bytes.ts';

/** A blob as a listing shows it: what the store itself says, which whoever wrote the blob cannot choose. */
export interface ListedBlob {
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  /** The store's own creation time: the truth about age, whatever the name says. */
  readonly createdAt: Date;
  readonly lastModified: Date;
  /** Without quotation marks; another one after every change. */
  readonly etag: string;
  /** Base64; absent where the store keeps none. */
  readonly contentMd5?: string;
  /** Only a block blob is written once as a whole; an append blob may grow. */
  readonly type: 'block' | 'append' | 'page';
  /** `Hot`, `Cool`, `Cold`, `Archive`; absent where the store has no tiers. */
  readonly tier?: string;
  /** The way back from the archive, as `rehydrate-pending-to-hot`; it takes hours. */
  readonly archiveStatus?: string;
  /** `pending` until a copy has all its bytes; absent for what never was a copy. */
  readonly copyStatus?: 'pending' | 'success' | 'aborted' | 'failed';
  /** Encrypted with a key that the store does not have, so that nobody here can read it. */
  readonly customerProvidedKey?: true;
}

/** The same, with what its writer said beside the bytes. Names are lower-case. */
export interface StoredBlob extends ListedBlob {
  readonly metadata: Readonly<Record<string, string>>;
}

export interface NewBlob {
  readonly name: string;
  readonly bytes: BlobBytes;
  readonly contentType: string;
  /** Names lower-case, values printable ASCII. */
  readonly metadata: Readonly<Record<string, string>>;
}

export type CreateResult =
  /** The store acknowledged exactly these bytes. */
  | { readonly outcome: 'created' }
  /** A blob has the name already, and is left as it is. */
  | { readonly outcome: 'exists'; readonly existing: StoredBlob };

export interface ListOptions {
  /** Names from this one on, in the order of names; it need not be there itself. */
  readonly startFrom?: string;
}

/**
 * Where the escrow is kept: a blob container, or a folder. Every implementation:
 * - `create` never replaces, and answers `created` only after the store acknowledged exactly these bytes;
 * - nothing is ever there in half;
 * - what cannot be done is thrown as a `ServiceError` with the `kind` that is true of it: `absent` only when the store itself
 *   says so, `storeAbsent` when the container or folder is not there, `denied`, `writeOnce`, `notReadable`, `tooLarge`,
 *   `unavailable`, …; codes and statuses are for messages only;
 * - after `deadline` aborts, no further attempt starts and the call rejects with `OutOfTime`.
 */
export interface EscrowStore {
  /** As a person names it: `https://…` of the container, `file:…` of the folder. */
  readonly url: string;
  create(blob: NewBlob, deadline: AbortSignal): Promise<CreateResult>;
  /** Writes over what is there, or creates. The deployed identity may not. */
  replace(blob: NewBlob, deadline: AbortSignal): Promise<void>;
  /** Deletes a blob. The deployed identity may not; only the canary's trial calls it. */
  remove(name: string, deadline: AbortSignal): Promise<void>;
  /** @returns undefined when there is no such blob. */
  find(name: string, deadline: AbortSignal): Promise<StoredBlob | undefined>;
  /** @throws ServiceError `absent`; `tooLarge`, unread, beyond `maxBytes`; `notReadable` from the archive. */
  read(name: string, deadline: AbortSignal, maxBytes?: number): Promise<Uint8Array>;
  /** The blobs whose names begin with `prefix`, in name order, page by page (5,000 a page). Metadata make larger pages. */
  list(
    prefix: string,
    deadline: AbortSignal,
    options: ListOptions & { readonly metadata: true },
  ): AsyncIterable<StoredBlob>;
  list(prefix: string, deadline: AbortSignal, options?: ListOptions): AsyncIterable<ListedBlob>;
  /** The next level below `prefix` (which ends in `/`), as full prefixes that end in `/`. */
  listFolders(prefix: string, deadline: AbortSignal): AsyncIterable<string>;
}

/**
 * The three containers of an escrow. Whoever backs up must not be the one who certifies, so each has a writer of its own; all may
 * read all of them.
 */
export interface EscrowStores {
  /** Records, run reports, lost requests: written by the backup identity. */
  readonly store: EscrowStore;
  /** Audits and their pages: written by the audit identity. What lies here is memory, not a claim. */
  readonly audits: EscrowStore;
  /** Drill receipts and journals: written by drill operators, people and pipelines. */
  readonly drills: EscrowStore;
}
