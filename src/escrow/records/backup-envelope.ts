/** What the envelope of a key backup says it is; `unknown` is kept all the same, for a later service may write another. */
export type BackupFormat = 'AzureKeyVaultKeyBackupV1' | 'ManagedHsmBackup' | 'unknown';

// A vault writes this text with its length (38) as the first byte, then a compact JWE; a Managed HSM writes the bare JWE.
const vaultPrefix = '&AzureKeyVaultKeyBackupV1.microsoft.com';

/**
 * Reads the envelope only: the content is encrypted with a key that never leaves the service.
 * A backup cut short loses a part of its five-part JWE, or has an empty tag, and is `unknown`.
 */
export function readBackupFormat(bytes: Uint8Array): BackupFormat {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const fromVault = text.startsWith(vaultPrefix);
  const parts = (fromVault ? text.slice(vaultPrefix.length) : text).split('.');
  const [header, encryptedKey, iv, ciphertext, tag] = parts;
  if (parts.length !== 5 || !header || !iv || !ciphertext || !tag) return 'unknown';
  const kid = readKid(header);
  if (kid === undefined) return 'unknown';
  if (fromVault) return encryptedKey ? 'AzureKeyVaultKeyBackupV1' : 'unknown';
  return kid === 'backup-protection-key' ? 'ManagedHsmBackup' : 'unknown';
}

function readKid(header: string): string | undefined {
  try {
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    return typeof kid === 'string' ? kid : undefined;
  } catch {
    return undefined;
  }
}
