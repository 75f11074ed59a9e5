import type { StoredBlob } from '../ports/escrow-store.ts';
import type { AuditedRecord } from '../records/audit-document.ts';

/** Why the bytes of a blob cannot be read now; undefined when they can. */
export function notReadable(blob: StoredBlob): AuditedRecord['notReadable'] {
  if (blob.customerProvidedKey) return 'customerKey';
  if (blob.copyStatus !== undefined && blob.copyStatus !== 'success') return 'copyPending';
  if (blob.archiveStatus !== undefined) return 'rehydrating';
  return blob.tier?.toLowerCase() === 'archive' ? 'archived' : undefined;
}
