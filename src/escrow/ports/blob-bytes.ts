import { createHash, type Hash } from 'node:crypto';

/** Bytes that nobody has to hold at once. Each time that they are gone through, the same pieces are made anew. */
export interface BytesInPieces extends Iterable<Uint8Array> {
  /** Of all pieces. */
  readonly length: number;
}

export type BlobBytes = Uint8Array | BytesInPieces;

export function piecesOf(bytes: BlobBytes): Iterable<Uint8Array> {
  return bytes instanceof Uint8Array ? [bytes] : bytes;
}

export function hashOf(algorithm: 'md5' | 'sha256', bytes: BlobBytes): Hash {
  const hash = createHash(algorithm);
  for (const piece of piecesOf(bytes)) hash.update(piece);
  return hash;
}
