import type { Audit, AuditedKey, AuditHead } from '../../src/escrow/records/audit-document.ts';

/** An audit as a reader of its JSON has it, all keys at once. */
export type ListedAudit = AuditHead & { readonly keys: readonly AuditedKey[] };

export function listed(audit: Audit): ListedAudit {
  return { ...audit, keys: [...audit.keys] };
}
