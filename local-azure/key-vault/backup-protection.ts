import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';

/** The keys that protect the backups of one realm. Only the stand-in holds them. */
export interface VaultProtection {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const vaultProtections = new Map<string, VaultProtection>();
const hsmProtections = new Map<string, Buffer>();

/** The wrapping key of a subscription and geography; made once per process (about 50 ms), as the service keeps one. */
export function vaultProtection(realm: string): VaultProtection {
  let protection = vaultProtections.get(realm);
  if (protection === undefined) {
    protection = { kid: randomUUID(), ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
    vaultProtections.set(realm, protection);
  }
  return protection;
}

/** The content key of a security domain: 32 bytes for the MAC, 32 for the cipher. */
export function hsmProtection(securityDomain: string): Buffer {
  let key = hsmProtections.get(securityDomain);
  if (key === undefined) {
    key = randomBytes(64);
    hsmProtections.set(securityDomain, key);
  }
  return key;
}
