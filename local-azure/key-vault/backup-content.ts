import type { JsonWebKey } from 'node:crypto';
import type { LocalSourceKind } from './data-actions.ts';
import { knownMaterial } from './key-material.ts';
import type { StoredKey, StoredVersion } from './stored-key.ts';

interface BackedUpVersion extends Omit<StoredVersion, 'material'> {
  readonly jwk: JsonWebKey;
}

/** Bytes of plaintext that lead to the recorded sizes: 9.6 KB (software key), 22.5 KB (in a vault's HSM), 22.1 KB (HSM). */
const softwareSize = 4960;
const protectedSize = 12_350;
const furtherVersionSize = 1800;

/** A whole key, all versions with their secrets, padded with spaces to a realistic size. */
export function writeBackupContent(kind: LocalSourceKind, key: StoredKey): Buffer {
  const versions = key.versions.map(
    ({ material, ...version }): BackedUpVersion => ({ ...version, jwk: material.read() }),
  );
  const text = JSON.stringify({ name: key.name, versions });
  const isProtected = kind === 'managedHsm' || key.versions.some((version) => version.kty.endsWith('-HSM'));
  const first = isProtected ? protectedSize : softwareSize;
  return Buffer.from(text.padEnd(first + (key.versions.length - 1) * furtherVersionSize), 'utf8');
}

/** The key as it was backed up: same version ids, material, attributes and tags. */
export function readBackupContent(plaintext: Buffer): StoredKey {
  const { name, versions }: { name: string; versions: BackedUpVersion[] } = JSON.parse(plaintext.toString('utf8'));
  return {
    name,
    managed: false,
    sequence: 0,
    versions: versions.map(({ jwk, ...version }) => ({ ...version, material: knownMaterial(jwk) })),
  };
}
