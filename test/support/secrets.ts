/** Long enough that no two things share a piece by chance, short enough that no useful part of a backup is shorter. */
const pieceLength = 24;

/** Something that nobody may find outside of where it belongs. */
interface Secret {
  readonly what: string;
  readonly bytes: Buffer;
}

// The first part of every backup says only its format and protection key's name; it is the same in all of them.
const headLength = 160;

/**
 * Looks for parts of secrets as they stand, in base64, base64url and hex. Every piece of 24 characters of every secret is
 * looked for, at every place of the text, so that a part of a backup is found as well as a whole one.
 */
export function secretFinder(secrets: readonly Secret[]) {
  const pieces = new Map<string, string>();
  for (const { what, bytes } of secrets) {
    const isShort = bytes.length <= headLength * 2;
    const body = isShort ? bytes : bytes.subarray(headLength - (headLength % 3));
    for (const encoding of ['latin1', 'base64', 'base64url', 'hex'] as const) {
      const text = body.toString(encoding);
      for (let at = 0; at + pieceLength <= text.length; at += pieceLength) {
        pieces.set(text.slice(at, at + pieceLength), `${what} (as ${encoding})`);
      }
    }
  }
  return {
    /** What was found in a text, in any of the usual encodings; empty when it holds nothing of any secret. */
    findIn(text: string): string[] {
      const found = new Set<string>();
      for (let at = 0; at + pieceLength <= text.length; at++) {
        const what = pieces.get(text.slice(at, at + pieceLength));
        if (what !== undefined) found.add(what);
      }
      for (const [what, pattern] of tellTales) if (pattern.test(text)) found.add(what);
      return [...found];
    },
  };
}

/** What is a secret by its form, whichever it is. */
const tellTales: readonly (readonly [string, RegExp])[] = [
  ['a bearer token', /\bey[A-Za-z0-9_-]{10,}\.ey[A-Za-z0-9_-]{20,}\./],
  ['a storage connection string', /AccountKey=|SharedAccessSignature=|[?&]sig=/i],
  ['a vault backup on the wire', /JkF6dXJlS2V5VmF1bHRLZXlCYWNrdXB/],
  ['a vault backup', /&AzureKeyVaultKeyBackupV1/],
];

/** A secret of text. */
export function textSecret(what: string, text: string): Secret {
  return { what, bytes: Buffer.from(text, 'latin1') };
}
