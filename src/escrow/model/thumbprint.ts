import { createHash } from 'node:crypto';
import type { PublicKey } from './source-key.ts';

/**
 * RFC 7638 thumbprint (SHA-256, base64url) of a public key: the same whether the service calls its type `RSA` or `RSA-HSM`,
 * because where it is kept is not part of the key. Undefined where there is no public part.
 */
export function thumbprintOf({ kty, n, e, crv, x, y }: PublicKey): string | undefined {
  const type = kty.replace(/-HSM$/, '');
  let members: Record<string, string> | undefined;
  // The members that RFC 7638 requires, in its lexicographic order.
  if (type === 'RSA' && n && e) members = { e, kty: type, n };
  if (type === 'EC' && crv && x && y) members = { crv, kty: type, x, y };
  return members && createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
