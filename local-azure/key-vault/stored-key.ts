import { type JsonWebKey, randomBytes } from 'node:crypto';
import { type KeyMaterial, type KeyShape, type KeyType, knownMaterial, lazyMaterial } from './key-material.ts';

/** Times are seconds since 1970, as on the wire. */
export interface StoredAttributes {
  enabled: boolean;
  nbf?: number;
  exp?: number;
  created: number;
  updated: number;
  exportable: boolean;
}

export interface StoredVersion {
  /** 32 hexadecimal digits, the last segment of the key identifier. */
  readonly id: string;
  readonly kty: KeyType;
  readonly material: KeyMaterial;
  keyOps: readonly string[];
  attributes: StoredAttributes;
  tags?: Readonly<Record<string, string>>;
}

export interface StoredKey {
  /** In the casing it was created with; the service finds it under any casing. */
  readonly name: string;
  /** Certificate-backed: listed, but it can only be backed up with its certificate. */
  readonly managed: boolean;
  /** Oldest first; the last one is the current version. Never empty. */
  readonly versions: StoredVersion[];
  /** Order of arrival in its source, which is the order in which a Managed HSM lists. */
  sequence: number;
}

export interface NewVersion extends KeyShape {
  readonly keyOps?: readonly string[] | undefined;
  readonly attributes: StoredAttributes;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Imported material; generated when absent. */
  readonly jwk?: JsonWebKey | undefined;
}

/** Adds a version to `versions` (those of one key), with material that none of its siblings has. */
export function addVersion(versions: StoredVersion[], options: NewVersion): StoredVersion {
  const isTaken = (modulus: string) => versions.some((version) => version.material.peek()?.n === modulus);
  const version: StoredVersion = {
    id: randomBytes(16).toString('hex'),
    kty: options.kty,
    material: options.jwk === undefined ? lazyMaterial(options, isTaken) : knownMaterial(options.jwk),
    keyOps: options.keyOps ?? defaultKeyOps(options.kty),
    attributes: options.attributes,
    ...(options.tags === undefined ? {} : { tags: options.tags }),
  };
  versions.push(version);
  return version;
}

export function currentVersion(key: StoredKey): StoredVersion {
  const version = key.versions.at(-1);
  if (version === undefined) throw new Error(`Key "${key.name}" has no version: a stored key always has one.`);
  return version;
}

/** The orders are those of the recordings: a Managed HSM reports them differently from a vault. */
function defaultKeyOps(kty: KeyType): readonly string[] {
  if (kty === 'RSA') return ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'];
  if (kty === 'RSA-HSM') return ['wrapKey', 'decrypt', 'encrypt', 'unwrapKey', 'sign', 'verify'];
  if (kty === 'oct-HSM') return ['wrapKey', 'decrypt', 'encrypt', 'unwrapKey'];
  return ['sign', 'verify'];
}
