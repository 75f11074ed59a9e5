import { createHash } from 'node:crypto';

/** A key as a listing or a single read shows it; never its material. */
export interface SourceKey {
  readonly name: string;
  /** Key identifier without version, in the service's own casing. */
  readonly id: string;
  /** The id of its newest version; a listing does not include it. */
  readonly version?: string;
  readonly enabled: boolean;
  /** When its current version last changed; undefined where the service does not say. */
  readonly updatedAt: Date | undefined;
  readonly createdAt: Date | undefined;
  /** Certificate-backed (`managed: true`): the service refuses to back the key up on its own. */
  readonly certificateBacked: boolean;
}

/** One version of a key, as a listing of versions shows it. */
export interface KeyVersion {
  /** The version's own id: the last segment of its key identifier. */
  readonly version: string;
  readonly enabled: boolean;
  readonly createdAt: Date | undefined;
  readonly updatedAt: Date | undefined;
}

/**
 * The public members of a key version's JSON Web Key, base64url as in RFC 7517: `n`, `e` of an RSA key, `crv`, `x`, `y` of an
 * elliptic one. `kty` is as the service says it (`RSA-HSM` too). A symmetric key has no public part: `kty` alone.
 */
export interface PublicKey {
  readonly kty: string;
  readonly n?: string;
  readonly e?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
}

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
