/** @returns undefined when the text on the wire is not what the encoding allows. */
export function decodeMessage(text: string, encoding: 'base64' | 'none'): Buffer | undefined {
  if (encoding === 'none') return Buffer.from(text);
  const dense = text.replace(/\s/g, '');
  const isBase64 = dense.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(dense);
  return isBase64 ? Buffer.from(dense, 'base64') : undefined;
}

export function encodeMessage(content: string | Uint8Array, encoding: 'base64' | 'none'): string {
  const bytes = Buffer.from(content as string);
  return encoding === 'base64' ? bytes.toString('base64') : bytes.toString('utf8');
}
