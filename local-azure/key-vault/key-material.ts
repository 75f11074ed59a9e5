import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';

export type KeyType = 'RSA' | 'RSA-HSM' | 'EC' | 'EC-HSM' | 'oct-HSM';

export interface KeyShape {
  readonly kty: KeyType;
  /** Bits; by default RSA 2048 and oct 256. */
  readonly keySize?: number | undefined;
  /** EC curve in JWK terms; by default P-256. */
  readonly curve?: string | undefined;
}

/** The secret and public parts of one key version, as a private JWK. Generated on first read, stable afterwards. */
export interface KeyMaterial {
  read(): JsonWebKey;
  /** The same, but undefined while nobody has read it: asking must not cost a key generation. */
  peek(): JsonWebKey | undefined;
}

export function knownMaterial(jwk: JsonWebKey): KeyMaterial {
  return { read: () => jwk, peek: () => jwk };
}

/**
 * Real key material, made when it is first read, so that a vault of 10,000 keys is set up at once.
 * @param isTaken whether another version of the same key already has that RSA modulus.
 */
export function lazyMaterial(shape: KeyShape, isTaken: (modulus: string) => boolean): KeyMaterial {
  let jwk: JsonWebKey | undefined;
  return {
    peek: () => jwk,
    read() {
      jwk ??= generate(shape, isTaken);
      return jwk;
    },
  };
}

/** The members that an answer shows: none for a symmetric key, whose only part is secret. */
export function publicPart(kty: string, jwk: JsonWebKey): Record<string, string> {
  if (kty.startsWith('RSA')) return { n: jwk.n ?? '', e: jwk.e ?? '' };
  if (kty.startsWith('EC')) return { crv: jwk.crv ?? '', x: jwk.x ?? '', y: jwk.y ?? '' };
  return {};
}

function generate(shape: KeyShape, isTaken: (modulus: string) => boolean): JsonWebKey {
  if (shape.kty.startsWith('RSA')) return takeRsaKey(shape.keySize ?? 2048, isTaken);
  if (shape.kty.startsWith('EC')) {
    const namedCurve = shape.curve === 'P-256K' ? 'secp256k1' : (shape.curve ?? 'P-256');
    const jwk = generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'jwk' });
    return shape.curve === undefined ? jwk : { ...jwk, crv: shape.curve };
  }
  return { kty: 'oct', k: randomBytes((shape.keySize ?? 256) / 8).toString('base64url') };
}

// An RSA-2048 key costs about 50 ms: different keys share a few, versions of one key never do.
const poolSize = 6;
const pools = new Map<number, { readonly keys: JsonWebKey[]; next: number }>();

function takeRsaKey(keySize: number, isTaken: (modulus: string) => boolean): JsonWebKey {
  const pool = pools.get(keySize) ?? { keys: [], next: 0 };
  pools.set(keySize, pool);
  if (pool.keys.length >= poolSize) {
    for (let tried = 0; tried < pool.keys.length; tried += 1) {
      const candidate = pool.keys[pool.next % pool.keys.length];
      pool.next += 1;
      if (candidate?.n !== undefined && !isTaken(candidate.n)) return candidate;
    }
  }
  const made = generateKeyPairSync('rsa', { modulusLength: keySize }).privateKey.export({ format: 'jwk' });
  pool.keys.push(made);
  return made;
}
