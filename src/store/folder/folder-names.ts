import { join } from 'node:path';

/** Ends the file that holds a blob's metadata; no blob may have such a name. */
export const metaEnding = '.meta.json';
/** Holds files that are being written, and the locks of writers. Never part of a blob's name. */
export const workFolder = '.keyvault-escrow';

// Names that Windows gives to devices, with any ending. https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const deviceName = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;
// What FAT, exFAT or NTFS refuse in a name.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is refused
const forbiddenCharacter = /[\u0000-\u001f\u007f"*:<>?|\\]/;

/**
 * Why a blob's name cannot be a file's on every system that a folder may be carried to; undefined when it can.
 * Case and files beside folders of the same name are checked against what is there, by the store.
 */
export function faultOfFileName(name: string): string | undefined {
  if (name.endsWith(metaEnding)) return `names that end in "${metaEnding}" are reserved for the folder's own files`;
  for (const part of name.split('/')) {
    if (part === '' || part === '.' || part === '..') return 'it has an empty part, "." or ".."';
    if (part === workFolder) return `"${workFolder}" is reserved for the folder's own files`;
    if (part.startsWith('.')) return `"${part}" begins with a dot`;
    if (deviceName.test(part)) return `"${part}" is the name of a device on Windows`;
    if (forbiddenCharacter.test(part)) return `"${part}" has a character that not every file system takes`;
    if (/[. ]$/.test(part)) return `"${part}" ends in a dot or a space`;
    if (Buffer.byteLength(part) + metaEnding.length > 255) return `a part of it is longer than a file name may be`;
  }
  return undefined;
}

/** The file of a blob below `root`. The name must have passed `faultOfFileName`. */
export function fileOf(root: string, name: string): string {
  return join(root, ...name.split('/'));
}
