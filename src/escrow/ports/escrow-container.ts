/** A blob as the storage service holds it. `metadata` names are lower-case. */
export interface StoredBlob {
  readonly name: string;
  /** Bytes. */
  readonly length: number;
  /** The storage service's own creation time: the truth about age, whatever the name says. */
  readonly createdAt: Date;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface NewBlob {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** Names lower-case, values printable ASCII. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The escrow container. Whoever implements it owes:
 * - `create` resolves only after the service acknowledged exactly these bytes (it checks their MD5), and never replaces;
 * - `replace` overwrites, where the identity may;
 * - only a real 404 means absent; every other rejection is a `ServiceError` (or `OutOfTime`).
 */
export interface EscrowContainer {
  readonly url: string;
  create(blob: NewBlob, outOfTime: AbortSignal): Promise<void>;
  replace(blob: NewBlob, outOfTime: AbortSignal): Promise<void>;
  /** Deletes a blob, where the identity may. The deployed one may not; only the audit's canary ever asks. */
  remove(name: string, outOfTime: AbortSignal): Promise<void>;
  look(name: string, outOfTime: AbortSignal): Promise<StoredBlob | undefined>;
  /** @throws ServiceError with status 404 when there is no such blob; with code `BlobTooLarge`, unread, beyond `mostBytes`. */
  read(name: string, outOfTime: AbortSignal, mostBytes?: number): Promise<Uint8Array>;
  /** In name order, with metadata, page by page. */
  list(prefix: string, outOfTime: AbortSignal): AsyncIterable<StoredBlob>;
  /** The next level below `prefix` (which ends in `/`), as full prefixes that end in `/`. */
  listFolders(prefix: string, outOfTime: AbortSignal): AsyncIterable<string>;
  /** The top level: folders as text that ends in `/`, and the blobs that lie beside them. */
  listTop(outOfTime: AbortSignal): AsyncIterable<string | StoredBlob>;
}
