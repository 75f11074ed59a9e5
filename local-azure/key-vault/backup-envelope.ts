import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import type { LocalSourceKind } from './data-actions.ts';

/** The first of the 39 bytes, `&`, is the length of the 38 that follow. */
const vaultPrefix = '&AzureKeyVaultKeyBackupV1.microsoft.com';
const enc = 'A256CBC-HS512';

type OpenedBackup = { readonly plaintext: Buffer } | { readonly failure: 'malformed' | 'otherRealm' };

/** The bytes of a key backup: a compact JWE that only this process can open, with a fresh IV (and content key) each. */
export async function sealBackup(kind: LocalSourceKind, realm: string, plaintext: Buffer): Promise<Buffer> {
  const jwe = new CompactEncrypt(plaintext);
  if (kind === 'managedHsm') {
    jwe.setProtectedHeader({ alg: 'dir', enc, kid: 'backup-protection-key' });
    return Buffer.from(await jwe.encrypt(hsmProtection(realm)), 'ascii');
  }
  const { kid, publicKey } = vaultProtection(realm);
  jwe.setProtectedHeader({ kid, alg: 'RSA-OAEP-256', enc });
  return Buffer.from(vaultPrefix + (await jwe.encrypt(publicKey)), 'ascii');
}

/** Opens what `sealBackup` made for the same realm. An HSM does not distinguish a damaged backup from a foreign one. */
export async function openBackup(kind: LocalSourceKind, realm: string, backup: Buffer): Promise<OpenedBackup> {
  const text = backup.toString('latin1');
  const prefix = kind === 'vault' ? vaultPrefix : '';
  const jwe = text.slice(prefix.length);
  if (!text.startsWith(prefix) || !isCanonical(jwe)) return { failure: 'malformed' };
  try {
    if (kind === 'managedHsm') return await opened(jwe, 'dir', hsmProtection(realm));
    const { kid } = decodeProtectedHeader(jwe);
    const protection = vaultProtection(realm);
    if (typeof kid === 'string' && kid !== protection.kid) return { failure: 'otherRealm' };
    return await opened(jwe, 'RSA-OAEP-256', protection.privateKey);
  } catch {
    return { failure: 'malformed' };
  }
}

async function opened(jwe: string, alg: string, key: Parameters<typeof compactDecrypt>[1]): Promise<OpenedBackup> {
  const options = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] };
  return { plaintext: Buffer.from((await compactDecrypt(jwe, key, options)).plaintext) };
}

/** Anything but the one canonical spelling is damage that decoding would hide (stray characters, padding bits). */
function isCanonical(jwe: string): boolean {
  return jwe.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}

// The keys that protect the backups of one realm; only the stand-in holds them.

/** The wrapping key of a subscription and geography; made once (about 50 ms), as the service keeps one. */
const vaultProtection = onePerRealm(() => ({
  kid: randomUUID(),
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }),
}));

/** The content key of a security domain: 32 bytes for the MAC, 32 for the cipher. */
const hsmProtection = onePerRealm(() => randomBytes(64));

function onePerRealm<Protection>(make: () => Protection): (realm: string) => Protection {
  const made = new Map<string, Protection>();
  return (realm) => {
    const protection = made.get(realm) ?? make();
    made.set(realm, protection);
    return protection;
  };
}
