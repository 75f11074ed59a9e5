import type { StoredBlob } from '../../src/escrow/ports/escrow-store.ts';
import type { AuditWorld } from './audit-world.ts';

/** Where the records of the key "payroll" lie. */
export const folder = 'vaults/contoso-prod/payroll/';

export const payroll = { keyid: 'https://contoso-prod.vault.azure.net/keys/payroll' };

/** The blob that was put last. */
export function newest(escrow: AuditWorld, prefix = folder): StoredBlob & { readonly bytes: Uint8Array } {
  const blob = [...escrow.store.blobs.values()].filter(({ name }) => name.startsWith(prefix)).at(-1);
  if (blob === undefined) throw new Error(`there is no ${prefix}`);
  return blob;
}

export function metadataOf(escrow: AuditWorld, key: string, backedUpAt: Date, sha256 = 'ab'.repeat(32)) {
  return { keyid: escrow.snapshot(key).id, sha256, backedupat: backedUpAt.toISOString() };
}
