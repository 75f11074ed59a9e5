import { type BlobBytes, hashOf } from '../ports/blob-bytes.ts';
import type { EscrowStore, NewBlob, StoredBlob } from '../ports/escrow-store.ts';

export type PutOnce =
  /** The store acknowledged it, or it holds exactly our bytes because only its answer was lost. */
  | { readonly written: true; readonly sha256: string }
  /** Somebody was there before. */
  | { readonly written: false; readonly existing: StoredBlob };

export function sha256Of(bytes: BlobBytes): string {
  return hashOf('sha256', bytes).digest('hex');
}

/** Creates a blob that is never replaced, with its SHA-256 as metadata `sha256`. */
export async function putOnce(store: EscrowStore, blob: NewBlob, deadline: AbortSignal): Promise<PutOnce> {
  const sha256 = sha256Of(blob.bytes);
  const created = await store.create({ ...blob, metadata: { ...blob.metadata, sha256 } }, deadline);
  if (created.outcome === 'created') return { written: true, sha256 };
  const { existing } = created;
  const isOurs = existing.metadata.sha256 === sha256 && existing.length === blob.bytes.length;
  return isOurs ? { written: true, sha256 } : { written: false, existing };
}
