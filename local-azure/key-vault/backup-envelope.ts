import { constants, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto';
import { hsmProtection, vaultProtection } from './backup-protection.ts';
import { decryptContent, encryptContent } from './content-encryption.ts';
import type { LocalSourceKind } from './data-actions.ts';

/** The first of the 39 bytes, `&`, is the length of the 38 that follow. */
const vaultPrefix = '&AzureKeyVaultKeyBackupV1.microsoft.com';
const hsmHeader = encode(JSON.stringify({ alg: 'dir', enc: 'A256CBC-HS512', kid: 'backup-protection-key' }));

export type OpenedBackup = { readonly plaintext: Buffer } | { readonly failure: 'malformed' | 'otherRealm' };

/** The bytes of a key backup: a compact JWE that only this process can open, with a fresh IV (and content key) each. */
export function sealBackup(kind: LocalSourceKind, realm: string, plaintext: Buffer): Buffer {
  if (kind === 'managedHsm') return Buffer.from(compact(hsmHeader, '', hsmProtection(realm), plaintext), 'ascii');
  const { kid, publicKey } = vaultProtection(realm);
  const header = encode(JSON.stringify({ kid, alg: 'RSA-OAEP-256', enc: 'A256CBC-HS512' }));
  const contentKey = randomBytes(64);
  const wrapped = publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    contentKey,
  );
  return Buffer.from(vaultPrefix + compact(header, encode(wrapped), contentKey, plaintext), 'ascii');
}

/** Opens what `sealBackup` made for the same realm. An HSM cannot tell a damaged backup from a foreign one. */
export function openBackup(kind: LocalSourceKind, realm: string, backup: Buffer): OpenedBackup {
  const text = backup.toString('latin1');
  if (kind === 'managedHsm') {
    const parts = split(text);
    if (parts === undefined || parts.header !== hsmHeader || parts.wrapped !== '') return { failure: 'malformed' };
    return opened(hsmProtection(realm), parts);
  }
  const parts = text.startsWith(vaultPrefix) ? split(text.slice(vaultPrefix.length)) : undefined;
  const kid = parts === undefined ? undefined : readKid(parts.header);
  if (parts === undefined || kid === undefined) return { failure: 'malformed' };
  const protection = vaultProtection(realm);
  if (kid !== protection.kid) return { failure: 'otherRealm' };
  try {
    const key = privateDecrypt(
      { key: protection.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
      Buffer.from(parts.wrapped, 'base64url'),
    );
    return key.length === 64 ? opened(key, parts) : { failure: 'malformed' };
  } catch {
    return { failure: 'malformed' };
  }
}

interface Parts {
  readonly header: string;
  readonly wrapped: string;
  readonly iv: Buffer;
  readonly text: Buffer;
  readonly tag: Buffer;
}

function opened(key: Buffer, parts: Parts): OpenedBackup {
  const plaintext = decryptContent(key, parts.header, parts);
  return plaintext === undefined ? { failure: 'malformed' } : { plaintext };
}

function compact(header: string, wrapped: string, key: Buffer, plaintext: Buffer): string {
  const { iv, text, tag } = encryptContent(key, header, plaintext);
  return [header, wrapped, encode(iv), encode(text), encode(tag)].join('.');
}

function split(jwe: string): Parts | undefined {
  const [header, wrapped, iv, text, tag, ...rest] = jwe.split('.');
  if (header === undefined || wrapped === undefined || iv === undefined || text === undefined) return undefined;
  if (tag === undefined || rest.length > 0) return undefined;
  const bytes = (part: string) => Buffer.from(part, 'base64url');
  // Anything but the one canonical spelling is damage that decoding would hide (stray characters, padding bits).
  if ([wrapped, iv, text, tag].some((part) => encode(bytes(part)) !== part)) return undefined;
  return { header, wrapped, iv: bytes(iv), text: bytes(text), tag: bytes(tag) };
}

function readKid(header: string): string | undefined {
  try {
    const { kid, alg, enc } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    return alg === 'RSA-OAEP-256' && enc === 'A256CBC-HS512' && typeof kid === 'string' ? kid : undefined;
  } catch {
    return undefined;
  }
}

function encode(value: string | Buffer): string {
  return Buffer.from(value as string).toString('base64url');
}
