import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** A256CBC-HS512 of RFC 7518, 5.2.5. `key` is 64 bytes; the protected header's text is the associated data. */
export function encryptContent(
  key: Buffer,
  header: string,
  plaintext: Buffer,
): { iv: Buffer; text: Buffer; tag: Buffer } {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key.subarray(32), iv);
  const text = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { iv, text, tag: authenticationTag(key, header, iv, text) };
}

/** Undefined when the tag does not fit: a wrong key, or a bit that changed. */
export function decryptContent(
  key: Buffer,
  header: string,
  sealed: { iv: Buffer; text: Buffer; tag: Buffer },
): Buffer | undefined {
  const expected = authenticationTag(key, header, sealed.iv, sealed.text);
  if (sealed.tag.length !== expected.length || !timingSafeEqual(sealed.tag, expected)) return undefined;
  const decipher = createDecipheriv('aes-256-cbc', key.subarray(32), sealed.iv);
  return Buffer.concat([decipher.update(sealed.text), decipher.final()]);
}

function authenticationTag(key: Buffer, header: string, iv: Buffer, text: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(header.length * 8));
  return createHmac('sha512', key.subarray(0, 32))
    .update(header, 'ascii')
    .update(iv)
    .update(text)
    .update(length)
    .digest()
    .subarray(0, 32);
}
