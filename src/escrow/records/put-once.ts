import { createHash } from 'node:crypto';
import { ServiceError } from '../model/service-error.ts';
import type { EscrowContainer, NewBlob, StoredBlob } from '../ports/escrow-container.ts';

export type PutOnce =
  /** The service acknowledged it, or it holds exactly our bytes because only its answer was lost. */
  | { readonly written: true; readonly sha256: string }
  /** Somebody was there before; `refusal` is the service's own error. */
  | { readonly written: false; readonly existing: StoredBlob; readonly refusal: ServiceError };

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Creates a blob that is never replaced, with its SHA-256 as metadata `sha256`.
 * A create-only identity is refused with 403 where another gets 409 or 412, so all three mean: look at what is there.
 * @throws ServiceError the original refusal when nothing is there after all.
 */
export async function putOnce(container: EscrowContainer, blob: NewBlob, outOfTime: AbortSignal): Promise<PutOnce> {
  const sha256 = sha256Of(blob.bytes);
  try {
    await container.create({ ...blob, metadata: { ...blob.metadata, sha256 } }, outOfTime);
    return { written: true, sha256 };
  } catch (error) {
    if (!(error instanceof ServiceError) || ![403, 409, 412].includes(error.statusCode ?? 0)) throw error;
    const existing = await container.look(blob.name, outOfTime);
    if (existing === undefined) throw error;
    const isOurs = existing.metadata.sha256 === sha256 && existing.length === blob.bytes.length;
    return isOurs ? { written: true, sha256 } : { written: false, existing, refusal: error };
  }
}
